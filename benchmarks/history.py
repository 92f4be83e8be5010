"""A project with a long history: ``python -m benchmarks.history FOLDER [RUNS] [--files]``.

Four experiments were run in turn, each time with seven parameter sets that are new; each set went
through six stages, and an aggregate compared it with the sets of the run before: 50 artifacts a
run, 100,000 in 2,000 runs. The history is entered with the code that enters real runs. With
``--files`` each artifact has its files in the cache folder, too: a few bytes, and whole metadata.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from curifactory.runs.entry import ArtifactRow, InputRow, RunEntry, RunFile
from curifactory.runs.history import History
from curifactory.store.commit import Commit, FileEntry
from curifactory.store.digest import digest_bytes
from curifactory.store.metadata import SCHEMA, render

RUNS = 2000
ARTIFACTS_PER_RUN = 50
EXPERIMENTS = ("digits", "iris", "tides", "words")
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
STAGES = {
    "load": (None, ("raw",)),
    "clean": ("raw", ("data",)),
    "split": ("data", ("train", "test")),
    "fit": ("train", ("model",)),
    "predict": ("model", ("predicted",)),
    "score": ("predicted", ("accuracy",)),
}
"""Each stage with its input and its outputs."""

_CACHER = "curifactory.caching.JsonCacher"
_FIRST = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_SECONDS_BETWEEN_RUNS = 7200.0
_CONTENT = b"[1]"


def make_project(folder: str, runs: int = RUNS, files: bool = False) -> None:
    """Make a project with a history of so many runs in an empty folder.

    Parameters
    ----------
    folder : str
        The project folder; made if it is missing.
    runs : int
        How many runs.
    files : bool
        Whether the artifacts lie in the cache folder, too.
    """
    os.makedirs(os.path.join(folder, "data", "cache"), exist_ok=True)
    with open(os.path.join(folder, "curifactory_config.json"), "w", encoding="utf-8") as file:
        file.write("{}")
    history = History(os.path.join(folder, "data"), lambda _: None)
    environment = {"python": "3.12.1", "platform": "Linux", "packages": {"numpy": "2.1.0"}}
    all_runs = list(generated_runs(runs))
    for run in all_runs:
        history.files.write(run, durable=False)
        for row in run.made if files else ():
            _write_artifact(os.path.join(folder, "data", "cache"), run, row)
    history.files.keep_environment("python 3.12", environment)
    # the first opening restores them, as after the loss of a database
    history.write_views()


def generated_runs(count: int) -> Iterator[RunFile]:
    """The runs, oldest first."""
    chance, scores = random.Random(1), dict[str, tuple[ArtifactRow, ...]]()
    for index in range(count):
        experiment = EXPERIMENTS[index % len(EXPERIMENTS)]
        run = _run(index, experiment, scores.get(experiment, ()), chance)
        scores[experiment] = tuple(row for row in run.made if row.stage == "score")
        yield run


def _run(
    index: int, experiment: str, compared: tuple[ArtifactRow, ...], chance: random.Random
) -> RunFile:
    number, began = index // len(EXPERIMENTS) + 1, _FIRST + index * _SECONDS_BETWEEN_RUNS
    stamp = datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%d-T%H%M%S")
    reference = f"{experiment}_{number}_{stamp}"
    parameters = {
        _digest(experiment, number, rate)[:32]: {"lr": rate, "seed": number, "model": {"depth": 6}}
        for rate in RATES
    }
    made: list[ArtifactRow] = []
    for hash_, facts in parameters.items():
        made += _record(reference, experiment, hash_, f"lr {facts['lr']}", began, chance)
    scores = [*compared, *(row for row in made if row.stage == "score")]
    inputs = tuple(InputRow("accuracy", row.hash, "score", row.content) for row in scores)
    whole = _digest(experiment, number)[:32]
    made.append(
        _artifact(reference, experiment, whole, "aggregate", "compare", "table", inputs, began)
    )
    info = {"reference": reference, "experiment_name": experiment, "run_number": number}
    status = chance.choices(("complete", "error", "interrupted"), (90, 7, 3))[0]
    entry = RunEntry(
        reference=reference,
        experiment=experiment,
        number=number,
        status=status,
        started=began,
        ended=began + 600,
        seconds=600.0,
        host="laptop",
        user="ada",
        pid=1000 + index,
        command_line=f"experiment {experiment} -p grid",
        commit_hash=_digest("commit", index // 10)[:40],
        branch="main",
        dirty=False,
        environment="python 3.12",
        steps_run=43,
        steps_loaded=len(compared),
        steps_skipped=0,
        seconds_run=590.0,
        seconds_loaded=1.0,
        seconds_skipped=0.0,
        info=json.dumps({**info, "status": status}),
    )
    sets = tuple((hash_, f"lr {facts['lr']}", "grid") for hash_, facts in parameters.items())
    return RunFile(entry, "cache", sets, parameters, tuple(made), compared)


def _record(
    reference: str, experiment: str, hash_: str, name: str, began: float, chance: random.Random
) -> Iterator[ArtifactRow]:
    made: dict[str, ArtifactRow] = {}
    for stage, (input_, outputs) in STAGES.items():
        producer = made.get(input_ or "")
        inputs = () if producer is None else (_input(producer),)
        seconds, size = chance.expovariate(0.1), int(chance.lognormvariate(10, 3))
        for output in outputs:
            row = _artifact(
                reference, experiment, hash_, name, stage, output, inputs, began, seconds, size
            )
            made[output] = row
            yield row


def _input(row: ArtifactRow) -> InputRow:
    return InputRow(row.name, "", row.stage, row.content)


def _artifact(
    reference: str,
    experiment: str,
    hash_: str,
    set_name: str,
    stage: str,
    name: str,
    inputs: tuple[InputRow, ...],
    began: float,
    seconds: float = 1.0,
    size: int = 500,
) -> ArtifactRow:
    stem = f"{experiment}_{hash_}_{stage}_{name}"
    return ArtifactRow(
        folder="cache",
        path=f"{stem}.json",
        metadata_path=f"{stem}_metadata.json",
        generation=_digest(reference, hash_, stage)[:32],
        experiment=experiment,
        stage=stage,
        name=name,
        hash=hash_,
        set_name=set_name,
        record=f"{set_name}_{hash_[:8]}",
        cacher=_CACHER,
        size=size,
        executed_seconds=seconds,
        saved_seconds=0.01,
        generated=began + 60,
        content=f"xxh3:{_digest(reference, hash_, stage, name)[:32]}",
        made_by=reference,
        inputs=inputs,
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _write_artifact(cache: str, run: RunFile, row: ArtifactRow) -> None:
    """Write an artifact that counts, with the generation that the history has."""
    entry = FileEntry(row.path, len(_CONTENT), digest_bytes(_CONTENT))
    stem = row.path.removesuffix(".json")
    content = str(row.content)
    commit = Commit(
        row.generation, stem, row.generated, content, (entry,), (), (), (), {row.name: content}, {}
    )
    document = {
        "schema": SCHEMA,
        "artifact_name": row.name,
        "cacher_type": row.cacher,
        "stage": row.stage,
        "params_hash": row.hash,
        "params_name": row.set_name,
        "params": run.parameter_sets.get(row.hash),
        "record_name": row.record,
        "manager_run_info": json.loads(run.entry.info),
        "recipe": {},
        "timing": {"executed_seconds": row.executed_seconds, "saved_seconds": row.saved_seconds},
        "commit": commit.to_json(),
    }
    with open(os.path.join(cache, row.path), "wb") as file:
        file.write(_CONTENT)
    with open(os.path.join(cache, row.metadata_path), "wb") as file:
        file.write(render(document))


if __name__ == "__main__":
    arguments = [one for one in sys.argv[1:] if one != "--files"]
    make_project(arguments[0], int(arguments[1]) if arguments[1:] else RUNS, "--files" in sys.argv)
