"""Real processes that do the same work at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

import pytest

PROCESSES = 8
EXPERIMENT = """\
    import os, time
    from dataclasses import dataclass
    from counting import ran
    from curifactory import ExperimentParameters, Lazy, Record, aggregate, stage
    from curifactory.caching import JsonCacher, PickleCacher

    @dataclass
    class P(ExperimentParameters):
        size: int = 1

    @stage(outputs=["numbers", Lazy("blob")], cachers=[JsonCacher, PickleCacher])
    def make(record):
        ran("make", record)
        time.sleep(0.05)
        return list(range(record.params.size)), b"x" * record.params.size

    @stage(["numbers", "blob"], ["total"], [JsonCacher])
    def add(record, numbers, blob):
        ran("add", record)
        return sum(numbers) + len(blob)

    @aggregate(["total"], ["all"], [JsonCacher])
    def gather(record, records, total):
        ran("gather", record)
        return sorted(total.values())

    def wait_for_all():
        place = os.environ["MEET"]
        open(f"{place}/{os.getpid()}", "w").close()
        while len(os.listdir(place)) < int(os.environ["PROCESSES"]):
            time.sleep(0.01)

    def run(param_sets, manager):
        wait_for_all()
        for params in param_sets:
            add(make(Record(manager, params)))
        together = gather(Record(manager, None))
        if not manager.map_mode:
            print(together.state["all"])

    def get_params():
        return [P(f"p{size}", size=size) for size in (1, 2, 3)]
    """
ONCE = {
    **{f"{stage} p{size}": 1 for stage in ("make", "add") for size in (1, 2, 3)},
    "gather all": 1,
}


@pytest.fixture
def shared(project):
    project.write("experiments/shared.py", EXPERIMENT)
    return project


def start_all(project, *arguments):
    """Run the experiment in all processes, which begin it together; gives what they printed."""
    meet = tempfile.mkdtemp(dir=project.root)
    processes = [
        project.start("shared", "--no-report", *arguments, MEET=meet, PROCESSES=str(PROCESSES))
        for _ in range(PROCESSES)
    ]
    outputs = []
    for process in processes:
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stdout + stderr
        outputs.append(stdout)
    return outputs


def test_eight_processes_compute_each_artifact_once_and_overwrite_it_once(shared):
    for arguments in ((), ("--overwrite",)):
        outputs = start_all(shared, *arguments)
        assert all("[1, 3, 6]" in output for output in outputs)
        assert shared.executed() == ONCE
        assert not [path for path in shared.cache.iterdir() if path.name.startswith(".")]
    runs = json.loads((shared.root / "data" / "store.json").read_text())
    assert sorted(run["run_number"] for run in runs) == list(range(1, 2 * PROCESSES + 1))
    assert len({run["reference"] for run in runs}) == 2 * PROCESSES


WRITER = """\
    import sys, time
    from dataclasses import dataclass
    from curifactory import ArtifactManager, ExperimentParameters, Lazy, Record, stage
    from curifactory.caching import Cacheable, PickleCacher
    from curifactory.errors import UnusableArtifactError

    class TwoFiles(Cacheable):
        def save(self, obj):
            for suffix in ("_one", "_two"):
                with open(self.get_path(suffix), "w") as file:
                    file.write(obj)

        def load(self):
            return tuple(open(self.get_path(suffix)).read() for suffix in ("_one", "_two"))

    @stage(outputs=[Lazy("pair"), Lazy("number")], cachers=[TwoFiles, PickleCacher])
    def produce(record):
        now = str(time.time_ns())
        return now * 500, now

    def new_record():
        manager = ArtifactManager("shared", suppress_live_log=True)
        return Record(manager, ExperimentParameters("the only one"))

    def write(seconds):
        record, end, times = new_record(), time.monotonic() + seconds, 0
        while time.monotonic() < end:
            record.manager.overwrite = True
            produce(record)
            times += 1
            time.sleep(0.01)
        print(times)

    def read(seconds):
        record, end, times = new_record(), time.monotonic() + seconds, 0
        while time.monotonic() < end:
            produce(record)
            try:
                number, pair = record.state["number"], record.state["pair"]
            except UnusableArtifactError as error:
                # it was replaced between the call and the read, and says so
                assert "produce_" in str(error), error
                continue
            if pair != (number * 500, number * 500):
                sys.exit(f"a mixture: {number} {pair[0][:40]} {pair[1][:40]}")
            times += 1
        print(times)

    if __name__ == "__main__":
        {"write": write, "read": read}[sys.argv[1]](2.0)
    """


def test_a_reader_beside_a_writer_never_sees_a_mixture(project):
    script = project.write("script.py", WRITER)
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), work],
            cwd=project.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for work in ("write", "read", "read")
    ]
    for process in processes:
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert int(stdout) > 3
    assert not [path for path in project.cache.iterdir() if path.name.startswith(".")]
