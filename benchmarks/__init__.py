"""Measurements, to be run by hand: `python -m benchmarks.training`."""
