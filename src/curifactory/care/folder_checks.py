"""What a folder's file system does when it is tried, each in a function of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time

from curifactory.care.finding import Finding
from curifactory.store.digest import file_state
from curifactory.store.locks import LockUnavailable, PathLock
from curifactory.store.names import MAX_FILE_NAME_BYTES

_LEAST_FREE_BYTES = 1_000_000_000
_MOST_SECONDS_APART = 2.0
_RENAMES = 200
_TRY_LOCK = (
    "import sys\n"
    "from curifactory.store.locks import PathLock\n"
    "print(PathLock(sys.argv[1]).acquire(block=False))"
)


def locks(place: str, folder: str) -> Finding:
    """Whether a second process is kept out while this one holds a lock, and let in afterwards."""
    check, lock = "locks", PathLock(os.path.join(folder, "try.lock"))
    remedy = (
        "Processes that share this cache may do some work twice. Never run `curifactory cache "
        "verify --repair` while a run is going on."
    )
    try:
        lock.acquire()
    except LockUnavailable as error:
        return Finding("warn", check, place, f"there are none ({error})", remedy)
    try:
        got_it = _other_process_gets(lock.path)
    finally:
        lock.release()
    if got_it:
        return Finding("warn", check, place, "two processes held one at the same time", remedy)
    if not _other_process_gets(lock.path):
        return Finding("warn", check, place, "one stayed when it was given back", remedy)
    return Finding("ok", check, place, "two processes of this machine exclude each other")


def _other_process_gets(path: str) -> bool:
    command = [sys.executable, "-c", _TRY_LOCK, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"a second process failed: {done.stderr.strip()[-200:]}")
    return done.stdout.strip() == "True"


def renames(place: str, folder: str) -> Finding:
    """Whether a file that is replaced by renaming is at every moment there, and whole."""
    target, contents = os.path.join(folder, "target"), (b"a" * 5000, b"b" * 5000)
    seen: set[bytes | None] = set()
    over = threading.Event()
    _write(target, contents[0])

    def read() -> None:
        while not over.is_set():
            try:
                with open(target, "rb") as file:
                    seen.add(file.read())
            except OSError:
                seen.add(None)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(_RENAMES):
            aside = os.path.join(folder, "aside")
            _write(aside, contents[number % 2])
            os.replace(aside, target)
    finally:
        over.set()
        reader.join()
    if seen <= set(contents):
        return Finding("ok", "renames", place, "a file is replaced in one instant")
    what = "missing" if None in seen else "half-written"
    remedy = "Put the folder on another file system: who reads while others write may fail here."
    return Finding("warn", "renames", place, f"a file was {what} while it was replaced", remedy)


def case(place: str, folder: str) -> Finding:
    """Whether names that differ in case are two files."""
    _write(os.path.join(folder, "Case"), b"")
    if not os.path.exists(os.path.join(folder, "cASE")):
        return Finding("ok", "case", place, "names that differ only in case are two files")
    remedy = "Give stages, outputs and prefixes names that differ in more than case."
    return Finding("warn", "case", place, "names that differ only in case are one file", remedy)


def clock(place: str, folder: str) -> Finding:
    """Whether the times of files are those of this machine's clock, and tell writes apart."""
    path = os.path.join(folder, "time")
    _write(path, b"1")
    ahead = os.stat(path).st_mtime - time.time()
    if abs(ahead) > _MOST_SECONDS_APART:
        way = "ahead of" if ahead > 0 else "behind"
        remedy = "Set the clocks of this machine and of the file server; NTP keeps them together."
        says = f"file times are {abs(ahead):.0f} s {way} the clock"
        return Finding("warn", "clock", place, says, remedy)
    before = file_state(path)
    time.sleep(0.05)
    with open(path, "r+b") as file:
        file.write(b"2")
    if file_state(path) == before:
        remedy = "A file that is changed by hand while a run goes on may go unnoticed in that run."
        says = "two writes within 50 ms have one file time"
        return Finding("warn", "clock", place, says, remedy)
    return Finding("ok", "clock", place, "file times are those of the clock and tell writes apart")


def free_space(place: str, folder: str) -> Finding:
    """How much can be written yet."""
    free = shutil.disk_usage(folder).free
    says = f"{free / 1e9:.1f} GB are free"
    if free >= _LEAST_FREE_BYTES:
        return Finding("ok", "free space", place, says)
    remedy = (
        "Remove full stores and artifacts that nobody needs; `curifactory cache verify` has sizes."
    )
    return Finding("warn", "free space", place, says, remedy)


def long_names(place: str, folder: str) -> Finding:
    """Whether file names may be as long as we make them."""
    try:
        _write(os.path.join(folder, "n" * MAX_FILE_NAME_BYTES), b"")
    except OSError as error:
        says = f"{MAX_FILE_NAME_BYTES} bytes are too many ({error.strerror})"
        remedy = "Keep the names of experiments, stages and outputs short."
        return Finding("warn", "long names", place, says, remedy)
    says = f"file names may have {MAX_FILE_NAME_BYTES} bytes"
    return Finding("ok", "long names", place, says)


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
