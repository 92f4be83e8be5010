"""How good a model is, in numbers and as a picture."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, classification_report

from digits.parameters import ModelParams

Labels: TypeAlias = npt.ArrayLike
Metrics: TypeAlias = dict[str, Any]
Scored: TypeAlias = list[tuple[ModelParams, Metrics]]

DIGITS = [str(digit) for digit in range(10)]


def score(truth: Labels, said: Labels) -> Metrics:
    """Compare what a model said with the truth.

    Returns
    -------
    dict
        ``accuracy`` and ``macro_f1`` from 0 to 1, the number of ``images`` and, for each digit
        in ``by_digit``, precision, recall, f1-score and support.
    """
    report = classification_report(truth, said, output_dict=True, zero_division=0)
    return {
        "accuracy": report["accuracy"],
        "macro_f1": report["macro avg"]["f1-score"],
        "images": int(report["macro avg"]["support"]),
        "by_digit": {digit: report[digit] for digit in DIGITS},
    }


def digit_table(metrics: Metrics) -> pd.DataFrame:
    """Lay the scores of the digits out as a table, one row a digit."""
    return pd.DataFrame(metrics["by_digit"]).T.rename_axis("digit")


def confusion_figure(truth: Labels, said: Labels, title: str) -> Figure:
    """Draw which digits were taken for which."""
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    ConfusionMatrixDisplay.from_predictions(truth, said, ax=axes, colorbar=False, cmap="Blues")
    axes.set_title(title)
    return figure


def rank(scored: Scored) -> pd.DataFrame:
    """List the candidates with their scores, the best first."""
    rows = [
        {
            "name": params.name,
            "features": params.features,
            "model": params.model,
            "accuracy": metrics["accuracy"],
            "macro_f1": metrics["macro_f1"],
        }
        for params, metrics in scored
    ]
    table = pd.DataFrame(rows).sort_values(["accuracy", "name"], ascending=[False, True])
    return table.set_index("name").round(4)


def recall_by_features(scored: Scored) -> dict[str, list[float]]:
    """Average over the models which share of each digit was recognised, by kind of features."""
    rows = [
        {"features": params.features}
        | {digit: score["recall"] for digit, score in metrics["by_digit"].items()}
        for params, metrics in scored
    ]
    means = pd.DataFrame(rows).groupby("features").mean()
    return {str(kind): mean.to_list() for kind, mean in means.iterrows()}
