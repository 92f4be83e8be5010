"""Runs the subject again and again, each time with one fault, in forked children of one process.

Started with the shim preloaded: ``python -m tests.faults.trials FOLDER FAULT FIRST LAST STEP``.
Prints one JSON object with counts.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.faults import subject

SHIM = ctypes.CDLL(os.environ["LD_PRELOAD"]) if os.environ.get("LD_PRELOAD") else None


def in_child(work: Callable[[], Any]) -> tuple[Any, str | None]:
    """What `work` gives in a forked child, or how the child failed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 0
        try:
            answer = json.dumps({"value": work()})
        except BaseException as error:
            kind = type(error)
            answer = json.dumps(
                {
                    "error": f"{kind.__module__}.{kind.__name__}: {error}",
                    "trace": traceback.format_exc()[-3000:],
                }
            )
            status = 1
        with os.fdopen(writing, "w") as pipe:
            pipe.write(answer)
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None, f"signal {os.WTERMSIG(status)}"
    answer = json.loads(text)
    return answer.get("value"), answer.get("error")


def armed(folder: str, at: int, fault: str) -> list[Any]:
    """One run with a fault."""
    assert SHIM is not None
    action = "kill" if fault == "powerloss" else fault
    written = os.path.join(os.path.dirname(folder), "written.txt") if fault == "powerloss" else ""
    os.chdir(folder)
    SHIM.fault_arm(folder.encode(), ctypes.c_long(at), action.encode(), written.encode())
    wrong, executed = subject.run_once()
    SHIM.fault_count.restype = ctypes.c_long
    return [wrong, executed, SHIM.fault_count()]


def plain(folder: str) -> list[Any]:
    """One run without a fault."""
    os.chdir(folder)
    return list(subject.run_once())


def lose_power(folder: str) -> None:
    """Empty every file that was written and not synced since: what a crash may do to it."""
    unsynced: set[str] = set()
    with open(os.path.join(os.path.dirname(folder), "written.txt")) as file:
        for line in file:
            kind, path = line[0], line[2:-1]
            if kind == "W":
                unsynced.add(path)
            elif kind == "S":
                unsynced.discard(path)
            else:
                source, target = path.split("\t")
                unsynced.discard(target)
                if source in unsynced:
                    unsynced.discard(source)
                    unsynced.add(target)
    for path in unsynced:
        if os.path.isfile(path) and not path.endswith((".lock", "-journal")):
            os.truncate(path, 0)


def trial(base: str, at: int, fault: str) -> Counter[str]:
    """One fault, then a run to the end, then a run that has nothing to do."""
    folder = os.path.join(base, "project")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    counts: Counter[str] = Counter(trials=1)
    value, error = in_child(lambda: armed(folder, at, fault))
    if value and value[0]:
        counts["wrong in the run with the fault"] += 1
    if error is None:
        counts["run with the fault ended well"] += 1
    elif fault in ("enospc", "eio") and not is_clear(error):
        counts[f"unclear: {error[:200]}"] += 1
    if fault == "powerloss" and error is not None:
        lose_power(folder)
    for name, expected_idle in (("second", False), ("third", True)):
        value, error = in_child(lambda: plain(folder))
        if error is not None:
            counts[f"broken: {name} run: {error[:300]}"] += 1
        elif value[0]:
            counts[f"wrong: {value[0]}"] += 1
        elif expected_idle and value[1]:
            counts[f"third run executed {value[1]}"] += 1
    counts.update(leftovers(folder))
    return counts


def is_clear(error: str) -> bool:
    """Whether an error is one of ours, which names what to do."""
    return error.startswith("curifactory.")


def leftovers(folder: str) -> Counter[str]:
    """Hidden files and folders of ours that are left in the cache folder."""
    names = [n for n in os.listdir(os.path.join(folder, "data", "cache")) if n.startswith(".")]
    return Counter({"leftovers": len(names)}) if names else Counter()


def main(base: str, fault: str, first: int, last: int, step: int) -> None:
    base = os.path.realpath(base)
    folder = os.path.join(base, "count")
    os.makedirs(folder, exist_ok=True)
    value, error = in_child(lambda: armed(folder, 0, "kill"))
    assert error is None, error
    operations = value[2]
    total: Counter[str] = Counter()
    for at in range(first, min(last, operations) + 1, step):
        found = trial(base, at, fault)
        for key in found:
            if key not in ("trials", "run with the fault ended well"):
                print(f"{fault} at operation {at}: {key}", file=sys.stderr)
        total.update(found)
    print(json.dumps({"operations": operations, **total}))


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", tempfile.gettempdir())
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
