"""The kinds of features, fitted on the training images only."""

from __future__ import annotations

import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer

from digits.data import LABEL
from digits.images import Floats, brightness, gradient_histograms


def transformer(kind: str, components: int) -> TransformerMixin:
    """Make what turns pixels into features of one kind ("pixels", "pca" or "gradients")."""
    if kind == "pixels":
        return FunctionTransformer(brightness)
    if kind == "pca":
        return PCA(components, svd_solver="full")
    if kind == "gradients":
        return FunctionTransformer(gradient_histograms)
    raise ValueError(f"no features of the kind {kind!r}; there are pixels, pca and gradients")


def extract(
    train: pd.DataFrame, test: pd.DataFrame, kind: str, components: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn the pixels of both tables into features; the digits stay beside them."""
    fitted = transformer(kind, components).fit(_pixels(train))
    return (
        _table(fitted.transform(_pixels(train)), train[LABEL]),
        _table(fitted.transform(_pixels(test)), test[LABEL]),
    )


def divide(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series[int]]:
    """Take a table of features apart: what a model sees, and what it should say."""
    return table.drop(columns=LABEL), table[LABEL]


def _pixels(images: pd.DataFrame) -> Floats:
    return images.drop(columns=LABEL).to_numpy()


def _table(features: Floats, digits: pd.Series[int]) -> pd.DataFrame:
    names = [f"feature_{number}" for number in range(features.shape[1])]
    return pd.DataFrame(features, columns=names).assign(**{LABEL: digits})
