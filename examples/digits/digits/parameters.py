"""What can be varied, and therefore what tells one artifact from another."""

from __future__ import annotations

from dataclasses import dataclass, field

from curifactory import ExperimentParameters


@dataclass
class SplitParams(ExperimentParameters):
    """How the images are divided into training and test images; one for all models.

    Parameters
    ----------
    test_share : float
        Share of the images that no model is trained on, between 0 and 1.
    seed : int
        Decides which images these are.
    """

    test_share: float = 0.3
    seed: int = 0


@dataclass
class ModelParams(ExperimentParameters):
    """One candidate: what it sees of an image, and how it learns.

    Parameters
    ----------
    features : str
        A name that `digits.features.transformer` knows: "pixels", "pca" or "gradients".
    components : int
        Number of principal components; only "pca" reads it.
    model : str
        A key of `digits.models.MODELS`.
    options : dict
        Keyword arguments of that model.
    seed : int
        Random state of models that have one.
    """

    features: str = "pixels"
    components: int = 30
    model: str = "logistic"
    options: dict[str, float] = field(default_factory=dict)
    seed: int = 0
