"""Experiments: `experiment NAME` runs experiments/NAME.py."""
