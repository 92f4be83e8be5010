"""An experiment with a shared stage, chains, an uncached link, and an aggregate."""

from __future__ import annotations

import pytest

EXPERIMENT = """\
    import os
    import random
    from dataclasses import dataclass

    from counting import ran
    from curifactory import ExperimentParameters, Lazy, Record, aggregate, stage
    from curifactory.caching import JsonCacher, PickleCacher

    SETTING = 0

    @dataclass
    class P(ExperimentParameters):
        n: int = 0
        unit: object = lambda x: x

    @stage(outputs=["base", Lazy("big")], cachers=[JsonCacher, PickleCacher])
    def load(record):
        ran("load", record)
        return 7, [7] * 100

    @stage(["base"], ["mid"])
    def prepare(record, base):
        ran("prepare", record)
        return [base, record.params.unit(record.params.n), SETTING, os.environ.get("WHICH")]

    @stage(["mid", "big"], ["end"], [JsonCacher])
    def finish(record, mid, big):
        ran("finish", record)
        if os.environ.get("BREAK") == record.params.name:
            raise ValueError(f"{record.params.name} is broken")
        if os.environ.get("KILL") == record.params.name:
            os.kill(os.getpid(), 9)
        if os.environ.get("HANG") == record.params.name:
            import time
            time.sleep(3600)
        return mid + [sum(big)]

    @stage(["end"], ["leaf"])
    def look(record, end):
        ran("look", record)
        return {"leaf": end}

    @aggregate(["end"], ["all"], [JsonCacher])
    def gather(record, records, end):
        ran("gather", record)
        return {one.params.name: value for one, value in end.items()}

    def get_params():
        return [P(f"p{n}", n=n) for n in range(4)]

    def run(param_sets, manager):
        global SETTING
        shared = load(Record(manager, P("shared", n=-1)))
        copies, seen = [], {}
        for params in param_sets:
            SETTING = 10 * params.n
            os.environ["WHICH"] = params.name
            copies.append(look(finish(prepare(shared.make_copy(params)))))
            if not manager.map_mode:
                seen[params.name] = copies[-1].state["leaf"]
        gather(Record(manager, None), copies)
        return seen
    """


@pytest.fixture
def chains(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/chains.py", EXPERIMENT)
    return project
