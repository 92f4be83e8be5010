"""The models that are compared, by name."""

from __future__ import annotations

from collections.abc import Mapping

from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

MODELS = {
    "forest": RandomForestClassifier,
    "logistic": LogisticRegression,
    "neighbours": KNeighborsClassifier,
    "svc": SVC,
}


def build(name: str, options: Mapping[str, float], seed: int) -> BaseEstimator:
    """Make an untrained model; those that draw random numbers draw them from ``seed``."""
    model = MODELS[name](**options)
    if "random_state" in model.get_params():
        model.set_params(random_state=seed)
    return model
