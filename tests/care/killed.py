"""``python killed.py FOLDER``: kill a removal at each of its file operations in turn.

Prints one JSON line for each: what was operated on last, and what was found afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[level]) for level in (0, 1)]

from keeper import Keeper  # noqa: E402

from curifactory import Record, stage  # noqa: E402
from curifactory.caching import Cacheable, JsonCacher, PickleCacher  # noqa: E402
from curifactory.care.survey import STATES, survey  # noqa: E402
from curifactory.reporting import JsonReporter  # noqa: E402
from laboratory import Lab, Params  # noqa: E402

CHANGES = ("os.remove", "os.rmdir", "os.rename", "os.mkdir")


class InAFolder(Cacheable):
    def save(self, obj):
        for name in obj:
            Path(self.get_dir(), name).write_text(name)

    def load(self):
        return sorted(path.name for path in Path(self.get_dir()).iterdir())


@stage([], ["numbers", "names"], [JsonCacher, InAFolder])
def make(record):
    record.report(JsonReporter({"a": 1}, name="told"))
    return [1] * record.params.size, ["a", "b"]


@stage(["numbers", "names"], ["both"], [PickleCacher])
def join(record, numbers, names):
    return [sum(numbers), names]


def run(param_sets, manager):
    records = [join(make(Record(manager, params))) for params in param_sets]
    return [record.state["both"] for record in records]


SETS = (Params("one", size=1), Params("two", size=2))
RIGHT = [[1, ["a", "b"]], [2, ["a", "b"]]]


def in_child(work) -> int:
    """Do it in a process of its own; how that ended."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_at(count: int, log: Path) -> None:
    """End this process before the operation of this number that changes files."""
    seen = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
        if event in CHANGES or writes:
            seen += 1
            if seen == count:
                log.write_text(f"{event} {os.path.basename(str(arguments[0]))}")
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def trial(prepared: Path, folder: Path, count: int) -> dict | None:
    """Kill a removal at one operation; ``None`` if it has fewer."""
    shutil.copytree(prepared, folder)
    os.chdir(folder)
    lab, log = Lab(folder), folder.parent / "log"

    def remove() -> None:
        kill_at(count, log)
        Keeper().remove(params={"size": 1})

    if in_child(remove) == 0:
        return None
    states = [item.state for item in survey(str(lab.cache)).items]
    found = {state: states.count(state) for state in STATES}

    def carry_on() -> None:
        assert lab.run(run, *SETS) == RIGHT

    def put_in_order() -> None:
        Keeper().collect(keep_runs=5)
        Keeper().remove(params={"size": 1})

    second = folder.parent / f"{folder.name}-again"
    shutil.copytree(folder, second)
    right = in_child(carry_on)
    os.chdir(second)
    tidy = in_child(put_in_order)
    cleaned = [item.state for item in survey(str(second / "data/cache")).items]
    return {
        "at": log.read_text(),
        "found": found,
        "right": [right, tidy],
        "cleaned": {state: cleaned.count(state) for state in STATES},
    }


def main(folder: Path) -> None:
    prepared = folder / "prepared"
    prepared.mkdir(parents=True)
    (prepared / "curifactory_config.json").write_text("{}")
    os.chdir(prepared)
    assert in_child(lambda: Lab(prepared).run(run, *SETS)) == 0
    for count in range(1, 200):
        result = trial(prepared, folder / str(count), count)
        if result is None:
            return
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
