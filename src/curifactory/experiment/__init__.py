"""Find, load and run an experiment."""

from curifactory.experiment.run import run_experiment

__all__ = ["run_experiment"]
