"""What it costs to ask a long history, against SQLite itself: ``python -m benchmarks asking``.

The history is that of `benchmarks.history`: 2,000 runs, 100,000 artifacts with their files. Each
command is a process of its own. The floor is another one: an interpreter that imports ``sqlite3``
and fetches the same rows with a plain query. Before a command of ours can do anything, it has
imported click; so each is also compared with the start of ``curifactory --version`` and the query
on top of that. What a command does beyond the query is in its figure and not in the floor: `show`
loads the artifact for its preview, `gc` compares the rows with the names in the cache folder, which
are also listed alone.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from benchmarks.history import RUNS, make_project
from benchmarks.section import Say, Section, table

REPETITIONS = 11
_BIN = os.path.dirname(sys.executable)
_START, _BARE_START = "curifactory --version", "python -c pass"
_LISTING = "python -c 'os.listdir(...)'"
_FETCH = """\
import sqlite3, sys
connection = sqlite3.connect("data/runs.sqlite")
print(len(connection.execute(sys.argv[1]).fetchall()))
"""
_ARTIFACT = (
    "SELECT artifacts.id, folder, path, metadata_path, stage, name, experiment, set_name, hash, "
    "record, cacher, size, executed_seconds, generated, content, made_by, gone "
    "FROM artifacts JOIN places ON places.id = place"
)


@dataclass(frozen=True)
class Question:
    """A command, and the query that fetches the same rows."""

    command: str
    query: str


_LR = "SELECT hash FROM parameter_sets WHERE json_extract(parameters, '$.lr') = 0.1"
_LATEST = "(SELECT max(id) FROM runs)"
_OF_LATEST = f"SELECT artifact FROM uses WHERE run = {_LATEST}"
_ABOVE = f"""
WITH RECURSIVE above(id) AS (
    SELECT id FROM artifacts WHERE name = 'table' AND id IN ({_OF_LATEST})
    UNION SELECT source.id FROM above
    JOIN inputs ON inputs.artifact = above.id
    JOIN artifacts AS source ON source.content = inputs.content
)
{_ARTIFACT} WHERE artifacts.id IN (SELECT id FROM above)
"""
QUESTIONS = (
    Question("runs ls", "SELECT * FROM runs ORDER BY id"),
    Question(
        "runs ls --commit 0 --param lr=0.1",
        "SELECT * FROM runs WHERE commit_hash LIKE '0%' "
        f"AND id IN (SELECT run FROM run_sets WHERE hash IN ({_LR})) ORDER BY id",
    ),
    Question(
        "artifacts ls --experiment iris --stage fit",
        f"{_ARTIFACT} WHERE experiment = 'iris' AND stage = 'fit' AND gone IS NULL "
        "ORDER BY generated",
    ),
    Question(
        "artifacts ls --stage fit --param lr=0.1",
        f"{_ARTIFACT} WHERE stage = 'fit' AND gone IS NULL AND hash IN ({_LR}) ORDER BY generated",
    ),
    Question(
        "artifacts ls --run latest",
        f"{_ARTIFACT} WHERE artifacts.id IN ({_OF_LATEST}) AND gone IS NULL ORDER BY generated",
    ),
    Question("show table --run latest", _ABOVE),
    *(
        Question(f"cache gc {what_stays} --dry-run", "SELECT * FROM artifacts WHERE gone IS NULL")
        for what_stays in ("--keep-runs 100", "--max-size 1GB")
    ),
)


_TEXT = """\
2,000 runs with 100,000 artifacts in the cache folder. CPU of a whole process, and that of an
interpreter that fetches the same rows from SQLite with a plain query. The last column is aimed at
2: there, the start of the interpreter counts with what any command of ours must import, as
`curifactory --version` does, which alone takes longer than many a query. Compared with the bare
query, only `cache gc` comes near 2. `show` also loads the artifact for its preview. `cache gc` also
lists the names in the folder, since files come and go without the history knowing: that is in its
figure and not in its floor.

{table}
"""


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    medians = measure_asking(1 if quick else REPETITIONS, say)
    rows = table(["", "CPU", "floor", "", "with that start"], asking_rows(medians))
    return Section("Asking a long history", _TEXT.format(table=rows), medians)


def measure_asking(repetitions: int, on_progress: Say) -> dict[str, float]:
    """Median CPU seconds of each command and of its floor, of starts, and the ratios."""
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        on_progress(f"a history of {RUNS} runs is made")
        make_project(folder, files=True)
        # the first time, byte code may have to be compiled and the file be read from disk
        for repetition in range(repetitions + 1):
            on_progress(f"asking, repetition {repetition} of {repetitions}")
            for name, command in _commands().items():
                seconds = _cpu_seconds(command, folder)
                if repetition:
                    found[name].append(seconds)
    return {name: median(seconds) for name, seconds in found.items()}


def asking_rows(medians: dict[str, float]) -> list[list[str]]:
    """Table rows: the command, its CPU, its floor's, and what it is a multiple of."""
    start, bare_start = medians[_START], medians[_BARE_START]
    rows = [
        [f"`{_START}`", _ms(start), _ms(bare_start), f"{start / bare_start:.1f} x", ""],
        ["names of the cache folder", _ms(medians[_LISTING]), _ms(bare_start), "", ""],
    ]
    for question in QUESTIONS:
        ours, floor = medians[question.command], medians[question.query]
        on_top = start + floor - bare_start
        rows.append(
            [
                f"`curifactory {question.command}`",
                _ms(ours),
                _ms(floor),
                f"{ours / floor:.1f} x",
                f"{ours / on_top:.1f} x",
            ]
        )
    return rows


def _commands() -> dict[str, list[str]]:
    curifactory = os.path.join(_BIN, "curifactory")
    commands = {
        _BARE_START: [sys.executable, "-c", "pass"],
        _START: [curifactory, "--version"],
        _LISTING: [sys.executable, "-c", "import os; set(os.listdir('data/cache'))"],
    }
    for question in QUESTIONS:
        commands[question.query] = [sys.executable, "-c", _FETCH, question.query]
        commands[question.command] = [curifactory, *question.command.split()]
    return commands


def _cpu_seconds(command: list[str], folder: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
