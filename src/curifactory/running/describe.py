"""The metadata document of one artifact."""

from __future__ import annotations

import functools
import platform
import sys
from datetime import datetime
from typing import Any

from curifactory.caching.arguments import recorded_arguments
from curifactory.caching.cacheable import Cacheable, cacher_type
from curifactory.store.metadata import SCHEMA


def describe_artifact(
    name: str,
    cacher: Cacheable | None,
    facts: dict[str, Any],
    recipe: dict[str, Any],
    seed: int | None,
    recipe_digest: str | None,
    timing: dict[str, float],
    template: Cacheable | None,
) -> dict[str, Any]:
    """Everything that metadata says, but for the commit.

    Parameters
    ----------
    name : str
        Name of the artifact.
    cacher : Cacheable, optional
        The cacher that saved it; ``None`` for what the stage reported.
    facts : dict
        What is known about record and run.
    recipe : dict
        What it was made from.
    seed : int, optional
        What the global random generators were seeded with for the call, if they were.
    recipe_digest : str, optional
        One digest over that.
    timing : dict of str to float
        Seconds of executing the stage and of saving its outputs.
    template : Cacheable, optional
        The cacher as the stage's definition has it: with its arguments, and nothing of this use.
    """
    return {
        "schema": SCHEMA,
        "artifact_name": name,
        "artifact_generated": datetime.now().astimezone().isoformat(timespec="milliseconds"),
        "cacher_type": None if cacher is None else cacher_type(cacher),
        "cacher_arguments": {} if template is None else recorded_arguments(template),
        **facts,
        "extra": {} if cacher is None else cacher.extra_metadata,
        "recipe": recipe,
        "seed": seed,
        "environment": environment(),
        "recipe_digest": recipe_digest,
        "unseeded": recipe["random"] == "unseeded",
        "timing": {**timing, "peak_memory_bytes": peak_memory_bytes()},
    }


@functools.cache
def environment() -> dict[str, str]:
    """Python and platform."""
    return {"python": platform.python_version(), "platform": platform.platform()}


def peak_memory_bytes() -> int | None:
    """The most memory that this process has had so far, in bytes; ``None`` where unknown."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # kilobytes on Linux, bytes on macOS
    return peak if sys.platform == "darwin" else peak * 1024
