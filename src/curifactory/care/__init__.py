"""Care of a cache folder: what lies there, what of it may go, and what the folder can do."""

from __future__ import annotations

from curifactory.care.doctor import examine
from curifactory.care.finding import Finding
from curifactory.care.item import Item, Survey
from curifactory.care.repair import Repaired, repair
from curifactory.care.survey import survey

__all__ = ["Finding", "Item", "Repaired", "Survey", "examine", "repair", "survey"]
