"""How high will the water stand? One stage for each way to keep an artifact."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from curifactory import ArtifactManager, ExperimentParameters, Lazy, Record, stage
from curifactory.caching import JsonCacher, PandasCsvCacher, PandasJsonCacher, PickleCacher
from curifactory.utils import run_command

from tides.cachers import ForecasterCacher, HeightsCacher, InlineHeightsCacher
from tides.harbour import Forecaster, Waves, fit, measure

DAY = 24
YEAR = 365 * DAY


@dataclass
class TideParams(ExperimentParameters):
    """For how many days the gauge was read, and the seed of its noise."""

    days: int = 14
    seed: int = 0


@stage(
    outputs=["dataset", "metrics_dictionary", "model"],
    cachers=[PandasJsonCacher, JsonCacher, PickleCacher],
)
def return_all_the_things(record: Record) -> tuple[pd.DataFrame, dict[str, float], Waves]:
    """Several outputs, each kept in its own way: rows, numbers, and an object."""
    dataset = measure(record.params.days, record.params.seed)
    heights = dataset["height"]
    metrics = {"lowest": float(heights.min()), "highest": float(heights.max())}
    return dataset, metrics, fit(dataset)


@stage(inputs=["dataset", "model"], outputs=["trained_model"], cachers=[ForecasterCacher])
def train_model(record: Record, dataset: pd.DataFrame, model: Waves) -> Forecaster:
    """A cacher of the project's own, listed like any other."""
    return Forecaster("Port Example", trained_hours=len(dataset), model=model)


@stage(
    inputs=["trained_model"],
    outputs=["tomorrow", "day_after"],
    cachers=[HeightsCacher, InlineHeightsCacher],
)
def forecast_days(record: Record, trained_model: Forecaster) -> tuple[list[float], list[float]]:
    """Cachers that put a note of their own into the metadata, in both variants."""
    heights = trained_model.heights(2 * DAY)["height"].tolist()
    return heights[:DAY], heights[DAY:]


@stage(
    inputs=["trained_model"],
    outputs=["year_ahead", Lazy("whole_year")],
    cachers=[JsonCacher, PickleCacher],
)
def forecast_year(record: Record, trained_model: Forecaster) -> tuple[dict[str, int], pd.DataFrame]:
    """A small output that stays in memory, and a large one that leaves it at once."""
    whole_year = trained_model.heights(YEAR)
    return {"hours": len(whole_year)}, whole_year


@stage(
    inputs=["whole_year"],
    outputs=[Lazy("high_waters", resolve=False)],
    cachers=[PandasCsvCacher],
)
def find_high_waters(record: Record, whole_year: pd.DataFrame) -> pd.DataFrame:
    """A lazy input arrives as the table; a lazy output can also stay a `Lazy` for good."""
    height = whole_year["height"]
    is_top = (height > height.shift(1)) & (height >= height.shift(-1))
    return whole_year[is_top].set_index("hour")


@stage(inputs=["high_waters"], outputs=["lines"], cachers=[JsonCacher])
def count_outside(record: Record, high_waters: Lazy) -> int:
    """Another program gets the path of the file; the table never comes into memory."""
    counted = run_command(["wc", "-l", high_waters.cacher.get_path()])
    counted.check_returncode()
    return int(counted.stdout.split()[0])


def get_params() -> list[TideParams]:
    """A fortnight and a month of measurements."""
    return [TideParams(name="fortnight"), TideParams(name="month", days=30)]


def run(param_sets: list[TideParams], manager: ArtifactManager) -> list[Record]:
    """Send each parameter set through all stages."""
    records = [Record(manager, params) for params in param_sets]
    for record in records:
        forecast_days(train_model(return_all_the_things(record)))
        count_outside(find_high_waters(forecast_year(record)))
    return records
