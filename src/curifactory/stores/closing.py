"""The end of a full store: all that is known of the run goes in, the manifest last."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from curifactory.runs.environment import environment_text
from curifactory.runs.identity import RunIdentity
from curifactory.settings import Settings
from curifactory.store.files import force_to_disk, remove, write_whole
from curifactory.stores import layout
from curifactory.stores.crate import crate
from curifactory.stores.full_store import FullStore
from curifactory.stores.manifest import Manifest
from curifactory.stores.parameter_data import parameter_data
from curifactory.stores.places import Places
from curifactory.stores.readme import readme
from curifactory.stores.requirements import conda_packages, requirements
from curifactory.stores.stored_run import StoredRun
from curifactory.stores.wheel import own_wheel

_LICENSES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING")


class Run(Protocol):
    """What is asked of a manager here."""

    run: RunIdentity
    root: str
    settings: Settings
    call: dict[str, Any] | None
    configuration_file: str | None
    experiment_file: str | None

    @property
    def error(self) -> str | None: ...
    @property
    def run_info(self) -> dict[str, Any]: ...
    @property
    def cache_path(self) -> str: ...
    @property
    def log_path(self) -> str: ...
    @property
    def reports_path(self) -> str: ...
    def parameter_sets(self) -> list[tuple[str, str, str]]: ...
    def uncommitted_changes(self) -> bytes | None: ...


def close_store(store: FullStore, run: Run, whole: bool) -> None:
    """Write what is known of the run; if all went well, take the mark away.

    Parameters
    ----------
    store : FullStore
        The store.
    run : ArtifactManager
        The run.
    whole : bool
        Whether the run ended well.

    Raises
    ------
    OSError
        If something cannot be written; the mark stays.
    """
    contents, places = store.contents, Places(run.cache_path, run.root)
    store.sources.take_loaded()
    license_file = _take_project_files(store, run, places)
    for path, place in {
        run.log_path: os.path.basename(run.log_path),
        os.path.join(run.reports_path, run.run.reference): layout.REPORT,
    }.items():
        if os.path.exists(path):
            contents.copy_all(path, place)
    patch = run.uncommitted_changes()
    if patch:
        contents.write(layout.PATCH, patch)
    lacking = _take_environment(store, run.root)

    told = _stored_run(store, run, places, lacking)
    for name, document in {
        layout.RUN_INFO: told.info,
        layout.PARAMETERS: told.parameter_sets,
    }.items():
        text = json.dumps(document, indent=2, default=str) + "\n"
        contents.write(name, text.encode("utf-8", "replace"))
    there = {*os.listdir(store.folder), layout.MANIFEST, layout.CRATE}
    contents.write(layout.README, readme(told, there).encode("utf-8", "replace"))
    contents.write(layout.CRATE, crate(told, contents, license_file))
    manifest = Manifest(tuple(contents), told.artifacts, told.not_held, told.missing)
    write_whole(contents.path(layout.MANIFEST), manifest.to_bytes(), durable=True)

    if whole and not contents.problems:
        remove(contents.path(layout.INCOMPLETE_MARK))
        force_to_disk(store.folder)
    else:
        store.mark_incomplete()


def _take_project_files(store: FullStore, run: Run, places: Places) -> str | None:
    """Take in configuration and license; gives the path of the license in the store."""
    if run.configuration_file is not None:
        store.contents.copy(run.configuration_file, places.in_store(run.configuration_file))
    for name in _LICENSES:
        path = os.path.join(run.root, name)
        if os.path.isfile(path):
            place = places.in_store(path)
            return place if store.contents.copy(path, place) else None
    return None


def _take_environment(store: FullStore, root: str) -> tuple[str, ...]:
    """Take in what the run took place in; gives the packages that nobody can install."""
    wheel = own_wheel()
    needed, conda = requirements(wheel.version, root), conda_packages()
    store.contents.write(os.path.join(layout.PACKAGES, wheel.name), wheel.data)
    store.contents.write(layout.REQUIREMENTS, needed.text.encode())
    store.contents.write(layout.ENVIRONMENT, environment_text().encode("utf-8", "replace"))
    if conda is not None:
        store.contents.write(layout.CONDA, conda.encode())
    return needed.not_held


def _stored_run(store: FullStore, run: Run, places: Places, lacking: tuple[str, ...]) -> StoredRun:
    info = {
        **run.run_info,
        "call": run.call,
        "settings": asdict(run.settings),
        "project_folder": os.path.abspath(run.root),
        "working_folder": os.getcwd(),
        "cache_path": run.cache_path,
        "import_folders": list(store.sources.import_folders),
        "python": platform.python_version(),
        "packages": dict(sorted(store.packages.items())),
    }
    return StoredRun(
        info=info,
        started=run.run.started,
        ended=datetime.now().astimezone(),
        error=run.error,
        workflow=_workflow(store, run, places),
        parameter_sets=parameter_data(store.parameter_sets, run.parameter_sets()),
        artifacts=tuple(store.held.values()),
        not_held=tuple(store.not_held.values()),
        missing=tuple(f"the package {name}" for name in lacking),
        python=platform.python_version(),
        curifactory=own_wheel().version,
    )


def _workflow(store: FullStore, run: Run, places: Places) -> str | None:
    """The experiment's module in the store; of a live run the script, if it was one."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    file = run.experiment_file or main
    place = places.in_store(file).replace(os.sep, "/") if file else ""
    return place if place in store.contents else None
