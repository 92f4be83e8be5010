"""What a full store has of a run's artifacts, and what it has not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """An artifact in a full store.

    Parameters
    ----------
    path : str
        Its main file, or its folder, in the store.
    stage, record, name, hash : str
        Which artifact it is.
    cacher : str or None
        Class of the cacher that saved it; ``None`` for what the stage reported.
    generation : str or None
        Of its commit; ``None`` for one without.
    files : tuple of str
        All its files, with the metadata.
    made : bool
        Whether the run made it; otherwise it used what was there.
    """

    path: str
    stage: str
    record: str
    name: str
    hash: str
    cacher: str | None
    generation: str | None
    files: tuple[str, ...]
    made: bool


@dataclass(frozen=True, slots=True)
class NotHeld:
    """An output of which a full store has no copy.

    Parameters
    ----------
    path : str
        Where its main file would be in the store.
    stage, record, name : str
        Which output it is.
    why : str
        Why it is not held.
    """

    path: str
    stage: str
    record: str
    name: str
    why: str
