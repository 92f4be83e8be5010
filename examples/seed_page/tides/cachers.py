"""Cachers that a project writes itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from curifactory.caching import Cacheable, JsonCacher

from tides.harbour import Forecaster, Waves


class ForecasterCacher(Cacheable):
    """Keeps a forecaster in two files: its arrays, and the facts around them to be read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # whatever a cacher can be told in a stage (subdir, prefix, ...) goes through
        super().__init__(*args, extension=".json", **kwargs)

    def save(self, obj: Forecaster) -> None:
        """Write the arrays to ``..._model``, and the rest to the artifact's own file."""
        # into an open file, since np.save adds ".npy" to a path, and that would not be tracked
        with open(self.get_path("_model"), "wb") as file:
            np.save(file, obj.model.weights)
        facts = {"harbour": obj.harbour, "trained_hours": obj.trained_hours}
        JsonCacher(self.get_path()).save(facts)

    def load(self) -> Forecaster:
        """Put the two together again."""
        with open(self.get_path("_model"), "rb") as file:
            model = Waves(np.load(file))
        return Forecaster(**JsonCacher(self.get_path()).load(), model=model)


class HeightsCacher(Cacheable):
    """Notes the highest value in the metadata; in a stage, those are saved and loaded for us."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, extension=".json", **kwargs)

    def save(self, obj: list[float]) -> None:
        """Write the list, and leave the note for the metadata."""
        self.extra_metadata["highest"] = max(obj)
        JsonCacher(self.get_path()).save(obj)

    def load(self) -> list[float]:
        """Read the list, and compare it with the note."""
        heights: list[float] = JsonCacher(self.get_path()).load()
        assert self.extra_metadata["highest"] == max(heights)
        return heights


class InlineHeightsCacher(HeightsCacher):
    """The same for use outside of stages too: it saves and loads the metadata itself."""

    def save(self, obj: list[float]) -> None:
        """Write the list, and the metadata with the note."""
        self.extra_metadata["highest"] = max(obj)
        self.save_metadata()
        JsonCacher(self.get_path()).save(obj)

    def load(self) -> list[float]:
        """Read the metadata first, then the list."""
        self.load_metadata()
        return super().load()
