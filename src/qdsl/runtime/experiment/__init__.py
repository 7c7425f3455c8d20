"""Experiments at run time: their compiled models, simulated and loaded data, fits and pictures of them."""
