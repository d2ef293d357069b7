"""Small image classifiers: one a file; `MODELS` finds them.

A model file's `make(options, shape, classes)` returns an `nn.Module` from images (N, C, H, W), float, standardised, to
logits (N, K). `shape` is (C, H, W), `classes` is K.
"""

from costlab.registry import Registry

MODELS = Registry("model", __name__, __path__)
