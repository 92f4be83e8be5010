"""A project as people have it, written with nothing but the public names; it runs unchanged."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CONFIG = """\
    {
        "experiments_module_name": "experiments",
        "params_module_name": "params",
        "manager_cache_path": "data/",
        "cache_path": "data/cache",
        "runs_path": "data/runs",
        "logs_path": "logs/",
        "notebooks_path": "notebooks/",
        "reports_path": "reports/",
        "report_css_path": "reports/style.css"
    }
    """
PARAMETERS = """\
    from dataclasses import dataclass, field
    from typing import Callable, List, Optional

    import curifactory as cf
    from curifactory.params import ExperimentParameters

    @dataclass
    class ModelParams:
        depth: int = 2
        widths: List[int] = field(default_factory=lambda: [4, 2])

    @dataclass
    class Params(ExperimentParameters):
        size: int = 10
        model: ModelParams = field(default_factory=ModelParams)
        scale: Optional[Callable] = None
        verbose: bool = False
        hash_representations: dict = cf.set_hash_functions(
            verbose=None,
            scale=lambda self, obj: obj.__name__ if obj else None,
        )
    """
STAGES = """\
    import logging
    import os
    import pickle

    import pandas as pd

    from curifactory import Lazy, Record, aggregate, stage
    from curifactory.caching import (
        Cacheable, FileReferenceCacher, JsonCacher, PandasCsvCacher, PandasJsonCacher,
        PathRef, PickleCacher,
    )
    from curifactory.reporting import DFReporter, JsonReporter
    from counting import ran

    class ModelCacher(Cacheable):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, extension=".model", **kwargs)

        def save(self, obj):
            self.extra_metadata["weights"] = len(obj["weights"])
            JsonCacher(self.get_path("_weights.json")).save(obj["weights"])
            with open(self.get_path(), "wb") as outfile:
                pickle.dump(obj["name"], outfile)

        def load(self):
            assert self.extra_metadata["weights"] > 0
            with open(self.get_path(), "rb") as infile:
                name = pickle.load(infile)
            return {"name": name, "weights": JsonCacher(self.get_path("_weights.json")).load()}

    @stage(inputs=None, outputs=["data", "settings"], cachers=[PandasCsvCacher, JsonCacher])
    def load_data(record):
        ran("load_data", record)
        logging.info("loading %s rows", record.params.size)
        frame = pd.DataFrame({"x": range(record.params.size)})
        record.report(DFReporter(frame.head(), name="head"))
        return frame, {"depth": record.params.model.depth}

    @stage(["data"], [Lazy("model"), "log_files"], [ModelCacher, FileReferenceCacher])
    def train(record, data):
        ran("train", record)
        paths = [record.get_path("loss.txt"), os.path.join(record.get_dir("plots"), "one.txt")]
        for path in paths:
            with open(path, "w") as outfile:
                outfile.write("0.1")
        return {"name": record.params.name, "weights": [1.0] * len(data)}, paths

    @stage(["model", "settings"], ["score"], [PickleCacher], suppress_missing_inputs=True)
    def evaluate(record, model, settings=None, bonus=0):
        ran("evaluate", record)
        record.report(JsonReporter({"name": model["name"]}, name="model"))
        return len(model["weights"]) * settings["depth"] + bonus

    @stage(["score"], ["written"], [PathRef])
    def write(record, score):
        ran("write", record)
        path = record.stage_cachers[0].get_path()
        with open(path, "w") as outfile:
            outfile.write(str(score))
        return path

    @aggregate(["score"], ["scores"], [PandasJsonCacher])
    def compare(record, records, score):
        ran("compare", record)
        return pd.DataFrame([{"name": r.params.name, "score": s} for r, s in score.items()])

    @stage(inputs=["scores"])
    def say(record, scores):
        ran("say", record)
        logging.warning("best: %s", scores.score.max())
    """
EXPERIMENT = """\
    '''Compare model sizes.'''
    import curifactory as cf
    from curifactory.procedure import Procedure
    from params.base import ModelParams, Params
    from stages.all import compare, evaluate, load_data, say, train, write

    def double(x):
        return 2 * x

    def get_params():
        return [
            Params(name="small", size=5, verbose=True),
            Params(name="large", size=20, model=ModelParams(depth=3), scale=double),
        ]

    def run(param_sets, manager):
        proc = Procedure([load_data, train, evaluate, write], manager, name="models")
        for param_set in param_sets:
            proc.run(param_set)
        final = Procedure([compare, say], manager, previous_proc=proc).run(None)
        if not manager.map_mode:
            manager.generate_report()
            return final.state["scores"].score.tolist()
    """
LIVE = """\
    import curifactory as cf
    from curifactory.manager import ArtifactManager
    from experiments.models import get_params
    from stages.all import evaluate, load_data, train

    manager = ArtifactManager("models", store_full=False)
    record = cf.Record(manager, get_params()[0])
    evaluate(train(load_data(record)), bonus=0)
    print(record.state["score"], len(record.state["data"]), record.state["model"]["name"])
    manager.generate_report()
    """
STAGES_OF_A_SET = ("load_data", "train", "evaluate", "write")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    from laboratory import Project

    project = Project(tmp_path_factory.mktemp("existing") / "project")
    for name, text in {
        "curifactory_config.json": CONFIG,
        "params/__init__.py": "",
        "params/base.py": PARAMETERS,
        "params/only_small.py": "from experiments.models import get_params as g\n"
        "def get_params():\n    return g()[:1]\n",
        "stages/__init__.py": "",
        "stages/all.py": STAGES,
        "experiments/__init__.py": "",
        "experiments/models.py": EXPERIMENT,
        "live.py": LIVE,
    }.items():
        project.write(name, text)
    return project


def test_an_existing_project_runs_twice_then_live_and_from_its_store(models):
    """One test, since each part goes on where the one before it stopped."""
    models.succeed("models", "--log-errors")
    cold = {f"{stage} {name}": 1 for stage in STAGES_OF_A_SET for name in ("small", "large")}
    assert models.executed() == {**cold, "compare all": 1, "say all": 1}

    models.succeed("models", "--store-full", "--notes", "again")
    assert models.executed() == {"say all": 1}, "only what has no outputs runs again"

    (store,) = (models.root / "data/runs").iterdir()
    assert store.name.startswith("models_2_")
    assert not (store / "INCOMPLETE").exists()
    models.succeed("models", "--cache", str(store), "--dry-cache", "--no-report")
    assert models.executed() == {"say all": 1}

    models.succeed("models", "-p", "only_small", "-n", "small", "--no-dag", "--no-report")
    assert models.executed() == {"compare all": 1, "say all": 1}

    live = subprocess.run(
        [sys.executable, "live.py"],
        cwd=models.root,
        env={"EXECUTED": str(models.root.parent / "executed.txt")},
        capture_output=True,
        text=True,
    )
    assert live.returncode == 0, live.stderr
    assert live.stdout.strip() == "10 5 small"
    check_what_people_look_at(models)


def check_what_people_look_at(models):
    runs = json.loads((models.root / "data/store.json").read_text())
    assert [run["run_number"] for run in runs] == [1, 2, 3, 4, 5]
    assert runs[1]["notes"] == "again"
    registry = json.loads((models.root / "data/params_registry.json").read_text())
    assert sorted(parameters["size"] for parameters in registry.values()) == [5, 20]
    for place in ("reports/index.html", "reports/_latest/index.html"):
        assert (models.root / place).exists(), place
    (page,) = (models.root / "reports").glob("models_1_*/index.html")
    assert (page.parent / "style.css").exists()
    assert "head" in page.read_text()
    log = next((models.root / "logs").glob("models_1_*.log")).read_text()
    assert "loading 5 rows" in log
    assert "best: 60" in log
