"""Promise 7: work and memory grow in proportion to the number of steps."""

from __future__ import annotations

import json
import subprocess
import sys
from textwrap import dedent

import pytest

# everything that a process does is counted, so that no clock is needed
SCRIPT = """\
    import json, sys, tracemalloc
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
        return record.params.size, b"x" * 100_000

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
    result = {count: {"cold": counted(count, planned)} for count in (10, 20, 40)}
    for count in result:
        result[count]["warm"] = counted(count, planned)
    tracemalloc.start()
    for count in (25, 50):
        tracemalloc.reset_peak()
        once(count, planned)
        result.setdefault(count, {})["peak"] = tracemalloc.get_traced_memory()[1]
    print(json.dumps(result))
    """


@pytest.fixture(scope="module", params=["plan", "no plan"])
def counted(request, tmp_path_factory):
    """What was done for how many parameter sets, and the cache folder."""
    root = tmp_path_factory.mktemp("linear")
    (root / "curifactory_config.json").write_text("{}")
    (root / "script.py").write_text(dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, "script.py", request.param], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {int(count): facts for count, facts in json.loads(done.stdout).items()}, root


@pytest.mark.parametrize("temperature", ["cold", "warm"])
@pytest.mark.parametrize("what", ["file operations", "calls"])
def test_twice_the_steps_are_no_more_than_twice_the_work(counted, temperature, what):
    facts, _ = counted
    ten, twenty, forty = (facts[count][temperature][what] for count in (10, 20, 40))
    # the growth from 20 to 40 is twice that from 10 to 20; a square would make it four times
    assert forty - twenty < 2.2 * (twenty - ten) + 20


def test_lazy_outputs_do_not_pile_up_in_memory(counted):
    facts, _ = counted
    assert facts[50]["peak"] - facts[25]["peak"] < 25 * 50_000, "half of what they weigh"


def test_metadata_does_not_grow_with_the_number_of_steps(counted):
    _, root = counted
    sizes = {}
    for count in (10, 40):
        paths = (root / "data/cache").glob(f"n{count}_*_measure_length_metadata.json")
        sizes[count] = max(path.stat().st_size for path in paths)
    assert sizes[40] < 1.1 * sizes[10]
