"""``curifactory.history``, ``curifactory.artifacts`` and ``curifactory.load``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from curifactory.past.artifact import Artifacts
from curifactory.past.given import Moment, Size
from curifactory.past.queries import ArtifactQuery, RunQuery
from curifactory.past.reader import Past
from curifactory.past.run import Runs
from curifactory.runs.opening import open_database
from curifactory.settings import load_settings

if TYPE_CHECKING:
    from curifactory.caching import Cacheable

_Path = str | os.PathLike[str]


def open_past(folder: _Path | None = None, tell: Callable[[str], None] | None = None) -> Past:
    """The past of the project in the working folder, or of another history.

    Parameters
    ----------
    folder : path, optional
        Folder of the history (``manager_cache_path``), in place of the configured one.
    tell : callable, optional
        Told when the history is damaged; by default it is logged.
    """
    path = load_settings(manager_cache_path=folder).settings.manager_cache_path
    return Past(path, open_database(path, tell or _log))


def _log(message: str) -> None:
    import logging

    logging.getLogger("curifactory").warning(message)


def history(
    experiment: str | None = None,
    *,
    status: str | None = None,
    since: Moment | None = None,
    params: Mapping[str, Any] | None = None,
    commit: str | None = None,
    limit: int | None = None,
    folder: _Path | None = None,
) -> Runs:
    """The runs of the project in the working folder, oldest first.

    Parameters
    ----------
    experiment : str, optional
        Only runs of this experiment.
    status : str, optional
        Only runs that are ``"running"``, ``"complete"``, ``"error"``, ``"interrupted"``,
        ``"dead"``, ``"LIVE"`` or ``"unknown"``.
    since : str, datetime, timedelta or float, optional
        Only runs that began since then: an age such as ``"7d"``, or a moment.
    params : dict, optional
        Only runs with a parameter set that has these values.
    commit : str, optional
        Only runs of this commit; the start of it is enough.
    limit : int, optional
        Only so many, the newest.
    folder : path, optional
        Folder of the history (``manager_cache_path``), in place of the configured one.

    Raises
    ------
    HistoryError
        If a newer version of curifactory wrote the history.
    """
    query = RunQuery(experiment, since, params or {}, commit)
    return open_past(folder).runs(query, status, limit)


def artifacts(
    name: str | None = None,
    *,
    experiment: str | None = None,
    stage: str | None = None,
    params: Mapping[str, Any] | None = None,
    run: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    at_least: Size | None = None,
    at_most: Size | None = None,
    gone: bool | None = False,
    folder: _Path | None = None,
) -> Artifacts:
    """The artifacts of the project in the working folder, in the order in which they were made.

    Parameters
    ----------
    name, experiment, stage : str, optional
        Only outputs of this name, of this experiment, of this stage.
    params : dict, optional
        Only artifacts of a parameter set that has these values.
    run : str, optional
        Only what this run made or used: a reference, the start of one, or ``"latest"``.
    since, until : str, datetime, timedelta or float, optional
        Only what was made since then, or before then: an age such as ``"7d"``, or a moment.
    at_least, at_most : str or int, optional
        Only artifacts of at least, or at most, this size, such as ``"50MB"``.
    gone : bool, optional
        Whether they were replaced or removed since, as far as the history knows; ``None`` for
        either.
    folder : path, optional
        Folder of the history (``manager_cache_path``), in place of the configured one.

    Raises
    ------
    HistoryError
        If a newer version of curifactory wrote the history.
    RunNotFoundError
        If there is no such run.
    """
    query = ArtifactQuery(
        experiment, stage, name, params or {}, run, since, until, at_least, at_most, gone
    )
    return open_past(folder).artifacts(query)


def load(
    what: _Path | None = None, *, cacher: Cacheable | type[Cacheable] | None = None, **query: Any
) -> Any:
    """Load an artifact with the cacher that saved it; the experiment is not needed.

    Parameters
    ----------
    what : path, optional
        A file of the artifact, or the name of an output.
    cacher : Cacheable or class of one, optional
        In place of the recorded one, which must be built in or importable.
    **query
        Which artifact of that name, as in `artifacts`: ``stage``, ``experiment``, ``params``,
        ``run`` and so on.

    Raises
    ------
    ArtifactNotFoundError
        If not exactly one artifact is meant.
    UnusableArtifactError
        If it is missing or damaged, its cacher cannot be had, or ``trust_pickle`` forbids it.

    Examples
    --------
    >>> load("data/cache/iris_5e1f_evaluate_accuracy.json")  # doctest: +SKIP
    0.96
    >>> load("accuracy", params={"trees": 10}, run="latest")  # doctest: +SKIP
    0.96
    """
    # what only asks has no need of what loads
    from curifactory.past.loading import load_at
    from curifactory.past.meant import artifact_meant

    if what is not None and not query and os.path.exists(what):
        return load_at(os.fspath(what), cacher)
    past = open_past(query.pop("folder", None))
    name = None if what is None else os.fspath(what)
    return artifact_meant(past, name, ArtifactQuery(**query)).load(cacher)
