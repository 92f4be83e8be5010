"""Two candidates that are trained in a moment."""

from __future__ import annotations

from digits.parameters import ModelParams


def get_params() -> list[ModelParams]:
    """Nearest neighbours on pixels, and logistic regression on principal components."""
    return [
        ModelParams(name="pixels-neighbours", model="neighbours", options={"n_neighbors": 3}),
        ModelParams(name="pca-logistic", features="pca", options={"tol": 1e-3}),
    ]
