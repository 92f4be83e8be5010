"""Promise 10: the same experiment gives the same artifacts, however it is run."""

from __future__ import annotations

import json
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


GRAPH = """\
    from dataclasses import dataclass

    import numpy as np
    import pandas as pd
    from counting import ran
    from curifactory import ExperimentParameters, Lazy, Record, aggregate, stage
    from curifactory.caching import (
        ArrowCacher, FileReferenceCacher, JsonCacher, NumpyCacher, PandasCacher, PathRef,
        PickleCacher, RawJupyterNotebookCacher,
    )
    from curifactory.reporting import JsonReporter

    FORMATS = ("csv", "json", "parquet", "pickle", "orc", "xml", "hdf5", "excel")

    @dataclass
    class P(ExperimentParameters):
        n: int = 0

    @stage(outputs=["base", Lazy("array")], cachers=[JsonCacher, NumpyCacher])
    def load(record):
        ran("load", record)
        return {"base": [1, 2, 3]}, np.arange(1000.0)

    @stage(["base", "array"], ["frame"])
    def prepare(record, base, array):
        ran("prepare", record)
        return pd.DataFrame({"x": array[:5] * record.params.n, "y": base["base"] + [4, 5]})

    @stage(
        ["frame"],
        [*FORMATS, Lazy("table"), "items", "cells", "files", "path"],
        [
            *(PandasCacher(format=name) for name in FORMATS),
            ArrowCacher, PickleCacher, RawJupyterNotebookCacher, FileReferenceCacher, PathRef,
        ],
    )
    def write(record, frame):
        ran("write", record)
        record.report(JsonReporter({"n": record.params.n}, name="n"))
        own = record.get_path("own.txt")
        with open(own, "w") as file:
            file.write(str(record.params.n))
        path = record.stage_cachers[-1].get_path()
        with open(path, "w") as file:
            file.write("path")
        cells = [[f"n = {record.params.n}"], ["print(n)"]]
        items = [("a", record.params.n)]
        return *(frame for _ in FORMATS), frame, items, cells, [own], path

    @stage(["items", "csv", "table"], ["score"], [JsonCacher])
    def score(record, items, csv, table):
        ran("score", record)
        return float(items[0][1] + csv.x.sum() + table.y.sum())

    @aggregate(["score"], ["scores"], [JsonCacher])
    def gather(record, records, score):
        ran("gather", record)
        return [score[one] for one in records]

    @aggregate(["scores"], ["best"], [PickleCacher])
    def choose(record, records, scores):
        ran("choose", record)
        return max(max(values) for values in scores.values())

    def get_params():
        return [P(f"p{n}", n=n) for n in range(16)]

    def run(param_sets, manager):
        shared = load(Record(manager, P("shared", n=-1)))
        chains = [score(write(prepare(shared.make_copy(params)))) for params in param_sets]
        first = gather(Record(manager, None), chains)
        choose(Record(manager, P("best", n=-2)), [first])
        return None if manager.map_mode else [one.state["score"] for one in chains]
    """

SURROUNDINGS = """\
    import os
    import random
    from dataclasses import dataclass

    import numpy as np
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    SETTING = 0

    @dataclass
    class P(ExperimentParameters):
        n: int = 0

    @stage(outputs=["seen"], cachers=[JsonCacher])
    def see(record):
        return [SETTING, os.environ.get("WHICH")]

    @stage(["seen"], ["drawn"], [JsonCacher])
    def draw(record, seen):
        return [*seen, random.random(), float(np.random.rand())]

    def get_params():
        return [P(f"p{n}", n=n) for n in range(6)]

    def run(param_sets, manager):
        global SETTING
        records = []
        for params in param_sets:
            SETTING, os.environ["WHICH"] = params.n * 10, params.name
            if params.n > 2:
                random.seed(params.n)
                np.random.seed(params.n)
            records.append(see(Record(manager, params)))
            if params.n > 2:
                draw(records[-1])
        return None if manager.map_mode else [dict(one.state) for one in records]
    """

EVERY_EXECUTOR = """\
    import json, multiprocessing, os, sys
    from concurrent.futures import ProcessPoolExecutor

    def run(name, **options):
        from curifactory.experiment import run_experiment
        before = dict(os.environ)
        result, manager = run_experiment(
            name, cache_dir_override="cache", quiet=True, **options
        )
        os.environ.clear()
        os.environ.update(before)
        return [result, manager.journal.counts(), manager.journal.messages]

    def main():
        from distributed import Client, LocalCluster
        said = {}
        with (
            ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool,
            LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
                protocol="tcp",
            ) as cluster,
            Client(cluster) as client,
        ):
            how = {
                "alone": {}, "processes": {"parallel": 2}, "dask": {"executor": client},
                "pool": {"executor": pool},
            }
            for called, options in how.items():
                os.mkdir("cache")
                os.environ["EXECUTED"] = f"executed_{called}.txt"
                client.run(set_executed, os.environ["EXECUTED"])
                list(pool.map(set_executed, [os.environ["EXECUTED"]] * 8))
                said[called] = {
                    name: run(name, **options) for name in ("graph", "surroundings")
                }
                os.rename("cache", f"cache_{called}")
        print(json.dumps(said))

    def set_executed(path):
        import time
        os.environ["EXECUTED"] = path
        time.sleep(0.05)

    if __name__ == "__main__":
        main()
    """


def test_every_executor_makes_the_same_artifacts_and_runs_each_step_once(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/graph.py", GRAPH)
    project.write("experiments/surroundings.py", SURROUNDINGS)
    project.write("every.py", EVERY_EXECUTOR)
    done = subprocess.run(
        [sys.executable, "every.py"], cwd=project.root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])

    steps = [f"{name} p{n}" for n in range(16) for name in ("prepare", "write", "score")]
    once = sorted(["load shared", *steps, "gather all", "choose best"])
    alone = bytes_of(project.root / "cache_alone")
    assert len(alone) > 16 * 13
    for called, results in said.items():
        executed = (project.root / f"executed_{called}.txt").read_text().splitlines()
        assert sorted(executed) == once, called
        made = bytes_of(project.root / f"cache_{called}")
        assert made.keys() == alone.keys()
        differ = [name for name in made if made[name] != alone[name]]
        # these two write the time, or whatever was in memory
        assert all(name.endswith((".h5", ".xlsx")) for name in differ), (called, differ)
        for experiment in ("graph", "surroundings"):
            assert results[experiment][:2] == said["alone"][experiment][:2], called
        assert results["graph"][2] == said["alone"]["graph"][2]
    # random numbers are drawn where `run` is, and it is said why
    for called in ("processes", "dask", "pool"):
        (notice,) = [one for one in said[called]["surroundings"][2] if "'draw'" in one]
        assert "random" in notice
