"""Which model reads handwritten digits best, and from which features?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from curifactory import ArtifactManager, Lazy, Record, aggregate, stage
from curifactory.caching import (
    JsonCacher,
    PandasCacher,
    PandasCsvCacher,
    RawJupyterNotebookCacher,
)
from curifactory.reporting import DFReporter, FigureReporter, LinePlotReporter
from sklearn.base import BaseEstimator

from digits import data, evaluation, features, models
from digits.cachers import EstimatorCacher
from digits.notebook import exploration_cells
from digits.parameters import ModelParams, SplitParams

PARQUET = PandasCacher(format="parquet")


@stage(outputs=[Lazy("train"), Lazy("test")], cachers=[PARQUET, PARQUET])
def load_and_split(record: Record) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the images and put some aside for the test."""
    return data.split(data.load_images(), record.params.test_share, record.params.seed)


@stage(
    inputs=["train", "test"],
    outputs=[Lazy("train_features"), Lazy("test_features")],
    cachers=[PARQUET, PARQUET],
)
def extract_features(
    record: Record, train: pd.DataFrame, test: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn images into what the model is to see of them."""
    return features.extract(train, test, record.params.features, record.params.components)


@stage(inputs=["train_features"], outputs=["model"], cachers=[EstimatorCacher])
def train_model(record: Record, train_features: pd.DataFrame) -> BaseEstimator:
    """Train the model of this parameter set."""
    params = record.params
    return models.build(params.model, params.options, params.seed).fit(
        *features.divide(train_features)
    )


@stage(inputs=["model", "test_features"], outputs=["metrics"], cachers=[JsonCacher])
def evaluate(record: Record, model: BaseEstimator, test_features: pd.DataFrame) -> dict[str, Any]:
    """Let the model read images that it has never seen."""
    seen, truth = features.divide(test_features)
    said = model.predict(seen)
    metrics = evaluation.score(truth, said)
    figure = evaluation.confusion_figure(truth, said, record.params.name)
    record.report(FigureReporter(figure, name="confusion"))
    record.report(DFReporter(evaluation.digit_table(metrics), name="by_digit"))
    return metrics


@aggregate(
    inputs=["metrics"],
    outputs=[Lazy("comparison", resolve=False)],
    cachers=[PandasCsvCacher],
)
def compare(
    record: Record, records: list[Record], metrics: dict[Record, dict[str, Any]]
) -> pd.DataFrame:
    """Rank the candidates, and show which digits are hard for which of them."""
    scored = [(candidate.params, scores) for candidate, scores in metrics.items()]
    table = evaluation.rank(scored)
    record.report(DFReporter(table, name="ranking"))
    record.report(
        LinePlotReporter(
            evaluation.recall_by_features(scored),
            x=evaluation.DIGITS,
            name="recall of each digit",
            xlabel="digit",
            ylabel="mean recall of the models",
            marker="o",
        )
    )
    return table


@stage(inputs=["comparison"], outputs=["exploration"], cachers=[RawJupyterNotebookCacher])
def write_notebook(record: Record, comparison: Lazy) -> list[list[str]]:
    """Leave a notebook beside the table; an unresolved `Lazy` tells where that is."""
    return exploration_cells(Path(comparison.cacher.get_path()).name)


def get_params() -> list[ModelParams]:
    """One candidate, for a run without ``-p``."""
    return [ModelParams(name="pixels-logistic", options={"tol": 1e-3})]


def run(param_sets: list[ModelParams], manager: ArtifactManager) -> Record:
    """Split once, send each candidate on from there, compare them all."""
    images = load_and_split(Record(manager, SplitParams(name="split")))
    candidates = [images.make_copy(params) for params in param_sets]
    for candidate in candidates:
        evaluate(train_model(extract_features(candidate)))
    return write_notebook(compare(Record(manager, None), candidates))
