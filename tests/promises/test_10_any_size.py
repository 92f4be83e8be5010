"""Promise 10: the same experiment gives the same artifacts, however it is run.

What holds in one process: every mode of the engine, and processes that differ in their hash seed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import JsonCacher, PandasCsvCacher, PickleCacher
from laboratory import MODES


def bytes_of(folder):
    """Content of every artifact; metadata says when and how, and is left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith("_metadata.json")
    }


def test_every_mode_makes_the_same_artifacts(lab):
    import pandas as pd

    @stage(outputs=["frame", Lazy("items")], cachers=[PandasCsvCacher, PickleCacher])
    def make(record):
        size = record.params.size
        return pd.DataFrame({"x": range(size)}), [("a", n) for n in range(size)]

    @stage(["frame", "items"], ["total"], [JsonCacher])
    def add(record, frame, items):
        return {"x": int(frame.x.sum()), "items": len(items)}

    @aggregate(["total"], ["all"], [JsonCacher])
    def gather(record, records, total):
        return [total[other] for other in records]

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))
        gather(Record(manager, None))

    made = {}
    for mode in MODES:
        for lazy in ({}, {"lazy": True}, {"ignore_lazy": True}):
            folder = lab.root / f"{mode} {''.join(lazy)}"
            lab.run(
                run, lab.Params("a"), lab.Params("b", size=5), mode=mode, cache_path=folder, **lazy
            )
            made[folder.name] = bytes_of(folder)
    first, *others = made.values()
    assert len(first) == 7
    assert all(other == first for other in others)


SCRIPT = """\
    from dataclasses import dataclass, field
    from curifactory import ArtifactManager, ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @dataclass
    class P(ExperimentParameters):
        words: set = field(default_factory=lambda: {"one", "two", "three", "four"})
        options: dict = field(default_factory=lambda: {"a": {"x", "y"}, "b": frozenset("pqr")})

    @stage(outputs=["value"], cachers=[JsonCacher])
    def make(record):
        print("executed")
        return sorted(record.params.words)

    make(Record(ArtifactManager("seeds", suppress_live_log=True), P("a")))
    """


def test_processes_with_other_hash_seeds_share_their_artifacts(tmp_path):
    (tmp_path / "curifactory_config.json").write_text("{}")
    (tmp_path / "script.py").write_text(dedent(SCRIPT))
    said = []
    for seed in ("0", "1", "4711"):
        done = subprocess.run(
            [sys.executable, "script.py"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.strip())
    assert said == ["executed", "", ""]
