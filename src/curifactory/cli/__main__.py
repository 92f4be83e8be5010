"""``python -m curifactory.cli`` is ``curifactory``."""

from __future__ import annotations

from curifactory.cli import curifactory

curifactory(prog_name="curifactory")
