"""costlab: cost-sensitive image classification, from the price of a mistake to the decision."""

__version__ = "0.1.0"
