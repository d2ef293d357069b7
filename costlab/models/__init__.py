"""Small image classifiers: one a file; `MODELS` finds them.

A model file's `make(options, shape, classes)` returns an `nn.Module` from images (N, C, H, W), float, standardised, to
logits (N, K). `shape` is (C, H, W), `classes` is K. All trained weights are of one number format. `make` never
downloads anything.

What a model file or its module may have besides:

    def suits(shape) -> bool               # whether it is made for such images: for others no time is taken beforehand
    def prepare(self, images) -> str       # of the module: called once before training, on the CPU, with (n, C, H, W)
                                           # standardised training images; gives a sentence for the user, or ""
    learnt: bool                           # of the module, after `prepare`: its weights were learnt before training;
                                           # they are tuned by AdamW even where Muon is asked for
    BY_IMAGE = True                        # of a layer's class: it treats images one by one, but for batch norm, and
                                           # draws no random numbers; two threads may then train a half batch each
"""

from costlab.registry import Registry

MODELS = Registry("model", __name__, __path__)
