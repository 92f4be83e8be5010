"""How good a model is, in numbers and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, classification_report

DIGITS = [str(digit) for digit in range(10)]


def score(truth: Sequence[int], said: Sequence[int]) -> dict[str, Any]:
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
        "images": len(truth),
        "by_digit": {digit: report[digit] for digit in DIGITS},
    }


def digit_table(metrics: dict[str, Any]) -> pd.DataFrame:
    """Lay the scores of the digits out as a table, one row a digit."""
    return pd.DataFrame(metrics["by_digit"]).T.rename_axis("digit")


def confusion_figure(truth: Sequence[int], said: Sequence[int], title: str) -> Figure:
    """Draw which digits were taken for which."""
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    ConfusionMatrixDisplay.from_predictions(truth, said, ax=axes, colorbar=False, cmap="Blues")
    axes.set_title(title)
    return figure


def compare(scores: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Rank candidates by their accuracy, the best first.

    Parameters
    ----------
    scores : dict of str to dict
        What is to be shown of each candidate, by its name; ``accuracy`` is needed.
    """
    table = pd.DataFrame.from_dict(scores, orient="index").rename_axis("name")
    return table.sort_index().sort_values("accuracy", ascending=False, kind="stable").round(4)
