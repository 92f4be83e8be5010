"""Whatever happened and whatever is asked for, a collection keeps what it has to keep."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from curifactory.care.cache_folder import CacheFolder
from curifactory.care.garbage import Limits, plan_collection
from curifactory.runs.entering import enter_artifacts
from curifactory.runs.entry import ArtifactRow, RunEntry, RunFile
from curifactory.runs.history import History
from curifactory.runs.pins import artifact_key, pin
from curifactory.runs.places import Place

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
STATUSES = ("complete", "error", "interrupted", "LIVE")


@dataclass(frozen=True)
class Past:
    """Runs in their order, each with the numbers of the steps that it made or used."""

    runs: list[tuple[str, str, frozenset[int]]]
    sizes: list[list[int]]
    pinned_runs: set[int]
    pinned_steps: set[int]
    limits: Limits


@st.composite
def pasts(draw) -> Past:
    sizes = draw(
        st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=2), min_size=1, max_size=8)
    )
    steps = st.integers(0, len(sizes) - 1)
    run = st.tuples(st.sampled_from("ab"), st.sampled_from(STATUSES), st.frozensets(steps))
    runs = draw(st.lists(run, min_size=1, max_size=6))
    limits = Limits(
        keep_runs=draw(st.none() | st.integers(0, 3)),
        since=draw(st.none() | st.integers(0, len(runs)).map(lambda n: 100.0 * n)),
        max_size=draw(st.none() | st.integers(0, 800)),
        unknown=draw(st.booleans()),
    )
    pinned = draw(st.sets(st.integers(0, len(runs) - 1), max_size=2))
    return Past(runs, sizes, pinned, draw(st.sets(steps, max_size=1)), limits)


def kept_runs(past: Past) -> set[int]:
    """Those that pins and limits name, found in another way than the code does."""
    kept = set(past.pinned_runs)
    for number, (experiment, _, _) in enumerate(past.runs):
        if past.limits.keep_runs is not None:
            later = [status for name, status, _ in past.runs[number + 1 :] if name == experiment]
            ended = sum(status in ("complete", "LIVE") for status in later)
            if ended < past.limits.keep_runs:
                kept.add(number)
        if past.limits.since is not None and 100.0 * number >= past.limits.since:
            kept.add(number)
    return kept


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(pasts())
def test_what_kept_runs_need_never_goes_and_all_else_does(past):
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        cache, generations = enter(Path(folder), past)
        plan = plan_collection(cache, past.limits)
    gone = {step.generation for step in plan.steps}
    needed = {generations[step] for run in kept_runs(past) for step in past.runs[run][2]} | {
        generations[step] for step in past.pinned_steps
    }
    assert not gone & needed
    # steps that no run made or used are there, too: they are as old as can be
    if past.limits.max_size is None:
        assert gone == set(generations) - needed
    elif plan.size_after > past.limits.max_size:
        free = {generations[n] for n, sizes in enumerate(past.sizes) if not sum(sizes)}
        assert gone == set(generations) - needed - free
    assert plan.gone.size + plan.size_after == sum(map(sum, past.sizes))


def enter(folder: Path, past: Past) -> tuple[CacheFolder, list[str]]:
    """A history of these runs, and a cache folder with their files."""
    place = Place(str(folder / "cache"), "cache")
    (folder / "cache").mkdir()
    history = History(str(folder), lambda _: None)
    rows = [
        [row(place, step, output, size) for output, size in enumerate(sizes)]
        for step, sizes in enumerate(past.sizes)
    ]
    for one in (one for step in rows for one in step):
        (folder / "cache" / one.path).touch()
        (folder / "cache" / one.metadata_path).touch()
    made: set[int] = set()
    references = []
    for number, (experiment, status, steps) in enumerate(past.runs):
        began = 100.0 * number
        entry = RunEntry(f"{experiment}_{number}", experiment, number, status, began, began + 1)
        used = [one for step in steps & made for one in rows[step]]
        new = [one for step in steps - made for one in rows[step]]
        made |= steps
        references.append(entry.reference)
        history.end(RunFile(entry, "cache", (), {}, tuple(new), tuple(used)))
    # what no run is known to have made: as after the removal of runs from the history
    rest = [one for step in set(range(len(rows))) - made for one in rows[step]]
    history.database.write(lambda connection: enter_artifacts(connection, rest))
    keys = [("run", references[number]) for number in past.pinned_runs]
    keys += [
        ("artifact", artifact_key("cache", rows[step][0].metadata_path))
        for step in past.pinned_steps
    ]
    pin(history, keys)
    cache = CacheFolder(place, str(folder), (), lambda _: None)
    return cache, [step[0].generation for step in rows]


def row(place: Place, step: int, output: int, size: int) -> ArtifactRow:
    stem = f"a_{step}_make_{output}"
    return ArtifactRow(
        folder=place.folder,
        path=f"{stem}.json",
        metadata_path=f"{stem}_metadata.json",
        generation=f"generation {step}",
        experiment="a",
        stage="make",
        name=str(output),
        hash=str(step),
        set_name="",
        record="",
        cacher="curifactory.caching.JsonCacher",
        size=size,
        executed_seconds=float(step),
        saved_seconds=None,
        generated=-1.0,
        content=f"xxh3:{step}{output}",
        made_by=None,
    )
