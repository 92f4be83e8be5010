"""How a trained model is kept: in two files, one for people and one for the machine."""

from __future__ import annotations

from typing import Any

import joblib
import sklearn
from curifactory.caching import Cacheable, JsonCacher
from sklearn.base import BaseEstimator


class EstimatorCacher(Cacheable):
    """Keeps a scikit-learn estimator, with a readable description beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, extension=".json", **kwargs)

    def save(self, obj: BaseEstimator) -> None:
        """Write ``..._estimator.joblib`` and the description of it."""
        joblib.dump(obj, self.get_path("_estimator.joblib"))
        description = {
            "model": type(obj).__name__,
            "options": obj.get_params(),
            "scikit-learn": sklearn.__version__,
        }
        JsonCacher(self.get_path()).save(description)

    def load(self) -> BaseEstimator:
        """Read the estimator; the description is for people."""
        return joblib.load(self.get_path("_estimator.joblib"))
