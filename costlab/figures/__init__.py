"""Plotly figures: one a file; each takes records and plain arrays, computes nothing, and returns a `go.Figure`.

A figure file holds `draw(...)`, with titles and units on its axes; `FIGURES` finds them.
"""

from costlab.registry import Registry

FIGURES = Registry("figure", __name__, __path__)
