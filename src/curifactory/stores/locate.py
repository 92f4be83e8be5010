"""Which full store a user means: a folder, or the reference of a run."""

from __future__ import annotations

import os

from curifactory.errors import RunNotFoundError, StoreNotFoundError
from curifactory.past.questions import open_past
from curifactory.settings import load_settings
from curifactory.stores.layout import ARTIFACTS, is_full_store


def find_store(given: str) -> str:
    """The folder of the full store that is meant.

    Parameters
    ----------
    given : str
        The folder, or its ``artifacts``; or the reference of a run of the project in the working
        folder, the start of one, or ``"latest"``.

    Raises
    ------
    StoreNotFoundError
        If there is no full store.
    RunNotFoundError
        If several runs may be meant.
    """
    folder = os.path.normpath(given)
    if is_full_store(folder):
        return folder
    if os.path.basename(folder) == ARTIFACTS and is_full_store(os.path.dirname(folder) or "."):
        return os.path.dirname(folder) or "."
    if os.path.exists(folder):
        raise StoreNotFoundError(
            f"{given} is no full store: it has no {ARTIFACTS}/ of a run.{_others(folder)}"
        )
    runs = load_settings().settings.runs_path
    try:
        reference = given if _is_kept(runs, given) else open_past().find_run(given).reference
    except RunNotFoundError as error:
        if "may be any" in str(error):
            raise
        raise StoreNotFoundError(
            f"There is no full store '{given}': no such folder. {error}"
        ) from None
    if not _is_kept(runs, reference):
        raise StoreNotFoundError(
            f"No full store of {reference} was kept in {runs}: run it with --store-full."
            f"{_others(runs)}"
        )
    return os.path.join(runs, reference)


def _others(runs: str) -> str:
    names = os.listdir(runs) if os.path.isdir(runs) else []
    kept = [name for name in names if _is_kept(runs, name)]
    if not kept:
        return ""
    newest = max(kept, key=lambda name: os.stat(os.path.join(runs, name)).st_mtime)
    return f" The newest that was kept there is {newest}."


def _is_kept(runs: str, reference: str) -> bool:
    return is_full_store(os.path.join(runs, reference))
