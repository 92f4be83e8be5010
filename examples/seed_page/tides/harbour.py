"""The tide of a made-up harbour, and a model that learns it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Hours = npt.NDArray[np.int64]

PERIODS = (12.42, 12.0, 23.93)  # hours: moon twice a day, sun twice a day, moon once a day
CENTIMETRE = 2  # decimals of a metre


@dataclass
class Waves:
    """A tide as a sum of waves: arrays, and nothing else.

    Parameters
    ----------
    weights : array of float, shape (7,)
        The mean height in metres, then cosine and sine of each period.
    """

    weights: Floats

    def heights(self, hours: Hours) -> Floats:
        """Say how high the water stands at each hour, in metres, to the centimetre."""
        return np.round(design(hours) @ self.weights, CENTIMETRE)


@dataclass
class Forecaster:
    """A model and what belongs to it: a few plain facts around the arrays in ``model``."""

    harbour: str
    trained_hours: int
    model: Waves

    def heights(self, hours_ahead: int) -> pd.DataFrame:
        """Go on from where the training ended, hour by hour."""
        hours = self.trained_hours + np.arange(hours_ahead)
        return pd.DataFrame({"hour": hours, "height": self.model.heights(hours)})


def measure(days: int, seed: int) -> pd.DataFrame:
    """Read the gauge once an hour.

    Returns
    -------
    pandas.DataFrame
        ``hour`` since the start, and ``height`` of the water in metres, to the centimetre.
    """
    hours = np.arange(24 * days)
    true = Waves(np.array([3.0, 1.0, 0.2, 0.4, -0.1, 0.1, 0.1]))
    noise = np.random.default_rng(seed).normal(scale=0.05, size=len(hours))
    return pd.DataFrame(
        {"hour": hours, "height": np.round(true.heights(hours) + noise, CENTIMETRE)}
    )


def fit(dataset: pd.DataFrame) -> Waves:
    """Find the waves that come closest to the measured heights."""
    waves = design(dataset["hour"].to_numpy())
    weights, *_ = np.linalg.lstsq(waves, dataset["height"].to_numpy())
    return Waves(weights)


def design(hours: Hours) -> Floats:
    """Lay out a mean and each wave at the given hours, shape (hours, 7)."""
    turns = [2 * np.pi * hours / period for period in PERIODS]
    waves = [wave(turn) for turn in turns for wave in (np.cos, np.sin)]
    return np.column_stack([np.ones(len(hours)), *waves])
