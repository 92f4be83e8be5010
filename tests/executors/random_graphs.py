"""``python random_graphs.py FIRST LAST``: random experiments, alone and with workers, compared.

Each is run in two folders, once in this process and once with a pool. Then artifacts are deleted in
both, or a stage is overwritten, and both run again. Whatever the pool did must be what happened here.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import random
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

STAGES = """\
from dataclasses import dataclass

from curifactory import ExperimentParameters, Lazy, Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.reporting import JsonReporter

@dataclass
class P(ExperimentParameters):
    n: int = 0

@stage(outputs=["x"], cachers=[JsonCacher])
def first(record):
    return [record.params.n if record.params else None]

@stage(outputs=["x"])
def first_uncached(record):
    return [record.params.n if record.params else None, "uncached"]

@stage(["x"], ["y"])
def passed_on(record, x):
    return x + ["y"]

@stage(["x"], [Lazy("y"), "z"], [PickleCacher, JsonCacher])
def kept(record, x):
    record.report(JsonReporter({"x": x}, name="x"))
    return x + ["lazy"], len(x)

@stage(["y"], ["w"])
def after(record, y):
    record.report(JsonReporter({"y": len(y)}, name="y"))
    return y + ["w"]

@stage(["x", "y"], ["v"], [PickleCacher])
def both(record, x, y):
    return [x, y]

@stage(["x"])
def nothing(record, x):
    pass

@aggregate(["x"], ["all"], [JsonCacher])
def over_x(record, records, x):
    return list(x.values())

@aggregate(["y"], ["all"])
def over_y(record, records, y):
    return list(y.values())

STAGES = {one.__name__: one for one in (
    first, first_uncached, passed_on, kept, after, both, nothing, over_x, over_y
)}

def get_params():
    return [P("p")]

def run(param_sets, manager):
    import json
    records = []
    for what, *rest in json.load(open("operations.json")):
        if what == "new":
            records.append(Record(manager, P(f"p{rest[0]}", n=rest[0])))
        elif what == "copy":
            records.append(records[rest[0]].make_copy(P(f"p{rest[1]}", n=rest[1])))
        elif what == "call":
            STAGES[rest[0]](records[rest[1]])
        elif what == "aggregate":
            records.append(Record(manager, None))
            STAGES[rest[0]](records[-1], [records[index] for index in rest[1]])
        elif what == "read" and not manager.map_mode:
            records[rest[0]].state[rest[1]]
    if not manager.map_mode:
        return [{name: one.state[name] for name in sorted(one.state)} for one in records]
"""

NEEDS = {
    "first": (), "first_uncached": (), "passed_on": ("x",), "kept": ("x",), "after": ("y",),
    "both": ("x", "y"), "nothing": ("x",),
}  # fmt: skip
GIVES = {
    "first": ("x",), "first_uncached": ("x",), "passed_on": ("y",), "kept": ("y", "z"),
    "after": ("w",), "both": ("v",), "nothing": (),
}  # fmt: skip


def operations(chance: random.Random) -> list[list]:
    """What a random `run` does: only what can be done."""
    done: list[list] = []
    held: list[set[str]] = []
    for _ in range(chance.randint(3, 18)):
        which = chance.random()
        if not held or which < 0.2:
            done.append(["new", chance.randint(0, 2)])
            held.append(set())
        elif which < 0.35:
            source = chance.randrange(len(held))
            done.append(["copy", source, chance.randint(0, 2)])
            held.append(set(held[source]))
        elif which < 0.45 and len(held) > 1:
            some = sorted(chance.sample(range(len(held)), chance.randint(1, len(held))))
            done.append(["aggregate", chance.choice(["over_x", "over_y"]), some])
            held.append({"all"})
        elif which < 0.5:
            record = chance.randrange(len(held))
            if held[record]:
                done.append(["read", record, chance.choice(sorted(held[record]))])
        else:
            record = chance.randrange(len(held))
            able = [name for name, needs in NEEDS.items() if held[record].issuperset(needs)]
            stage = chance.choice(able)
            done.append(["call", stage, record])
            held[record].update(GIVES[stage])
    return done


def run_once(folder: Path, **options):
    """What `run` returned, what was done with each step, and the reports."""
    from curifactory.experiment import run_experiment

    # the project has one place, so that the same modules serve both
    project = folder.parent / "project"
    folder.rename(project)
    os.chdir(project)
    result, manager = run_experiment("graph", quiet=True, **options)
    project.rename(folder)
    done = [[str(one.step), one.step.hash, one.decision] for one in manager.journal.finished]
    if any("starts again" in text for text in manager.journal.messages):
        # what a worker had done before that is loaded then
        done = [[*where, decision in ("RUN", "LOAD")] for *where, decision in done]
    reports = sorted(repr((item.name, item.html)) for item in manager.reportables)
    return result, done, reports


def contents(folder: Path) -> dict[str, object]:
    """What each artifact holds; a pickle also notes which parts are one object, which may differ."""
    cache = folder / "data/cache"
    return {
        str(path.relative_to(cache)): (
            pickle.loads(path.read_bytes()) if path.suffix == ".pkl" else path.read_bytes()
        )
        for path in cache.rglob("*")
        if path.is_file() and not path.name.endswith("_metadata.json")
    }


def compare(seed: int, pool: ProcessPoolExecutor, place: Path) -> None:
    chance = random.Random(seed)
    folders = []
    text = json.dumps(operations(chance))
    for name in ("alone", "pool"):
        folder = place / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "experiments").mkdir(parents=True)
        (folder / "curifactory_config.json").write_text("{}")
        (folder / "experiments/__init__.py").write_text("")
        (folder / "experiments/graph.py").write_text(STAGES)
        (folder / "operations.json").write_text(text)
        folders.append(folder)
    options: dict = {}
    for attempt in range(3):
        alone = run_once(folders[0], **options)
        with_pool = run_once(folders[1], executor=pool, **options)
        where = (seed, attempt, options, text)
        assert with_pool == alone, (where, alone, with_pool)
        assert contents(folders[1]) == contents(folders[0]), where
        options = {}
        if chance.random() < 0.4:
            called = sorted({one[1] for one in json.loads(text) if one[0] in ("call", "aggregate")})
            options = {"stage_overwrites": [chance.choice(called)]} if called else {}
        for name in sorted(contents(folders[0])):
            if chance.random() < 0.3:
                for folder in folders:
                    (folder / "data/cache" / name).unlink()


def main() -> None:
    place = Path.cwd()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for seed in range(int(sys.argv[1]), int(sys.argv[2])):
            compare(seed, pool, place)


if __name__ == "__main__":
    main()
