"""The images, as tables: one row an image, 64 columns of brightness, one of the digit."""

from __future__ import annotations

import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

LABEL = "digit"


def load_images() -> pd.DataFrame:
    """Read the 1,797 images of 8x8 pixels that come with scikit-learn.

    Returns
    -------
    pandas.DataFrame
        Columns ``pixel_0_0`` to ``pixel_7_7`` (row, column), brightness from 0 to 16, and
        ``digit``, the digit that the image shows.
    """
    bundle = load_digits(as_frame=True)
    images: pd.DataFrame = bundle.data
    return images.assign(**{LABEL: bundle.target})


def split(images: pd.DataFrame, test_share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide the images into training and test images, each digit in equal shares."""
    train, test = train_test_split(
        images, test_size=test_share, random_state=seed, stratify=images[LABEL]
    )
    return train.reset_index(drop=True), test.reset_index(drop=True)
