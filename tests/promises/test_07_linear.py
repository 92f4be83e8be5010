"""Promise 7: work and memory grow in proportion to the number of steps."""

from __future__ import annotations

import json
import subprocess
import sys
from textwrap import dedent

import pytest

# everything that a process does is counted, so that no clock is needed
SCRIPT = """\
    import gc, json, shutil, sys, tracemalloc
    from collections import Counter
    from dataclasses import dataclass
    from curifactory import (
        ArtifactManager, ExperimentParameters, Lazy, Record, aggregate, stage,
    )
    from curifactory.caching import JsonCacher, PickleCacher
    from curifactory.experiment.passes import carry_out

    @dataclass
    class P(ExperimentParameters):
        size: int = 0

    @stage(outputs=["number", Lazy("blob")], cachers=[JsonCacher, PickleCacher])
    def make(record):
        return record.params.size, b"x" * 1_000_000

    @stage(["number", "blob"], ["length"], [JsonCacher])
    def measure(record, number, blob):
        return number + len(blob)

    @aggregate(["length"], ["total"], [JsonCacher])
    def add(record, records, length):
        return sum(length.values())

    def run(param_sets, manager):
        for params in param_sets:
            measure(make(Record(manager, params)))
        add(Record(manager, None))

    def once(count, planned):
        manager = ArtifactManager(f"n{count}", status_override="running")
        param_sets = [P(f"p{n}", size=n) for n in range(count)]
        carry_out(run, param_sets, manager, use_plan=planned)
        manager.finish("complete")
        manager.close()

    done = Counter()

    def hook(event, arguments):
        if event == "open" or event.startswith("os."):
            done["file operations"] += 1

    def profile(frame, event, argument):
        if event in ("call", "c_call"):
            done["calls"] += 1

    def counted(count, planned):
        done.clear()
        sys.setprofile(profile)
        once(count, planned)
        sys.setprofile(None)
        return dict(done)

    planned = sys.argv[1] == "plan"
    once(3, planned)
    sys.addaudithook(hook)
    result = {count: {"cold": counted(count, planned)} for count in (6, 12, 24)}
    for count in result:
        # how many metadata files it vouches for depends on when they were written
        shutil.rmtree("data/index", ignore_errors=True)
        result[count]["warm"] = counted(count, planned)
    tracemalloc.start()
    for count in (8, 16):
        gc.collect()
        tracemalloc.reset_peak()
        once(count, planned)
        result.setdefault(count, {})["peak"] = tracemalloc.get_traced_memory()[1]
    print(json.dumps(result))
    """


@pytest.fixture(params=["plan", "no plan"])
def counted(request, tmp_path):
    """What was done for how many parameter sets."""
    (tmp_path / "curifactory_config.json").write_text("{}")
    (tmp_path / "script.py").write_text(dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, "script.py", request.param], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {int(count): facts for count, facts in json.loads(done.stdout).items()}


def test_work_memory_and_metadata_grow_with_the_steps_and_no_faster(counted, tmp_path):
    for temperature in ("cold", "warm"):
        for what in ("file operations", "calls"):
            few, more, many = (counted[count][temperature][what] for count in (6, 12, 24))
            # from 12 to 24 it grows twice as much as from 6 to 12; a square: four times
            assert many - more < 2.5 * (more - few) + 10, (temperature, what)

    # lazy outputs of 1 MB do not pile up
    assert counted[16]["peak"] - counted[8]["peak"] < 8 * 100_000

    sizes = {}
    for count in (6, 24):
        paths = (tmp_path / "data/cache").glob(f"n{count}_*_measure_length_metadata.json")
        sizes[count] = max(path.stat().st_size for path in paths)
    assert sizes[24] < 1.1 * sizes[6]
