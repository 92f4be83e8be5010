"""The commands ``curifactory`` and ``experiment``."""

from __future__ import annotations

from curifactory.cli.main import curifactory, experiment

__all__ = ["curifactory", "experiment"]
