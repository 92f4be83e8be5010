"""From rows of pixels to numbers that a model can learn from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SIDE = 8  # pixels
BRIGHTEST = 16.0
CELL = 2  # pixels; the gradients of a cell of 2x2 pixels share one histogram
DIRECTIONS = 8


def brightness(pixels: Floats) -> Floats:
    """Scale pixels, shape (images, 64), from 0..16 to 0..1."""
    return pixels / BRIGHTEST


def gradient_histograms(pixels: Floats) -> Floats:
    """Say how much brightness rises in which direction, cell by cell.

    Parameters
    ----------
    pixels : array of float, shape (images, 64)
        Brightness from 0 to 16.

    Returns
    -------
    array of float, shape (images, 128)
        For each of the 4x4 cells the summed length of its gradients in 8 directions.
    """
    images = brightness(pixels).reshape(-1, SIDE, SIDE)
    down, right = np.gradient(images, axis=1), np.gradient(images, axis=2)
    turn = np.arctan2(down, right) / (2 * np.pi) % 1.0
    direction = (turn * DIRECTIONS).astype(int) % DIRECTIONS
    towards = direction[..., None] == np.arange(DIRECTIONS)
    lengths = np.hypot(down, right)[..., None] * towards
    cells = SIDE // CELL
    by_cell = lengths.reshape(-1, cells, CELL, cells, CELL, DIRECTIONS).sum(axis=(2, 4))
    histograms: Floats = by_cell.reshape(len(images), -1)
    return histograms
