"""Every model on every kind of features: twelve candidates."""

from __future__ import annotations

from itertools import product

from digits.parameters import ModelParams

FEATURES = ["pixels", "pca", "gradients"]
MODELS: dict[str, dict[str, float]] = {
    "forest": {"n_estimators": 100},
    "logistic": {"tol": 1e-3},
    "neighbours": {"n_neighbors": 3},
    "svc": {"C": 10.0},
}


def get_params() -> list[ModelParams]:
    """Combine each kind of features with each model."""
    return [
        ModelParams(name=f"{features}-{model}", features=features, model=model, options=options)
        for features, (model, options) in product(FEATURES, MODELS.items())
    ]
