"""Starting a worker process: with a fixed hash seed, and without the main module of this one."""

from __future__ import annotations

import io
import os
import shutil
from multiprocessing import reduction, resource_tracker, spawn, util
from multiprocessing.context import SpawnProcess, set_spawning_popen
from multiprocessing.popen_spawn_posix import Popen
from typing import Any

_MAIN_MODULE = ("init_main_from_name", "init_main_from_path")


class WorkerProcess(SpawnProcess):
    """A process that is spawned for a pool.

    Other than `multiprocessing` does it, the main module is not executed again in it: functions of
    ``__main__`` are sent whole, and a script may call ``run_experiment`` without a guard.
    """

    @staticmethod
    def _Popen(process: Any) -> Any:  # noqa: N802 - the name that multiprocessing calls
        return _Spawned(process)


class _Spawned(Popen):
    _fds: list[int]

    def _launch(self, process: Any) -> None:
        tracker = resource_tracker.getfd()
        data = spawn.get_preparation_data(process._name)
        sent = io.BytesIO()
        set_spawning_popen(self)
        try:
            reduction.dump({k: v for k, v in data.items() if k not in _MAIN_MODULE}, sent)
            reduction.dump(process, sent)
        finally:
            set_spawning_popen(None)
        orders_from, orders_to = os.pipe()
        end_seen_at, end_told_by = os.pipe()
        try:
            command = spawn.get_command_line(tracker_fd=tracker, pipe_handle=orders_from)
            self._fds += [orders_from, end_told_by, *([] if tracker is None else [tracker])]
            self.pid = util.spawnv_passfds(*_with_hash_seed(command), self._fds)
            self.sentinel = end_seen_at
            with open(orders_to, "wb", closefd=False) as file:
                file.write(sent.getbuffer())
        finally:
            # as long as the second is open in the process, the first does not end
            self.finalizer = util.Finalize(self, _close, (end_seen_at, orders_to))
            for descriptor in (orders_from, end_told_by):
                os.close(descriptor)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _with_hash_seed(command: list[str]) -> tuple[bytes, list[bytes]]:
    """A command in an environment with a fixed hash seed; our own environment stays as it is."""
    env = shutil.which("env") or "/usr/bin/env"
    return os.fsencode(env), [os.fsencode(one) for one in ("env", "PYTHONHASHSEED=0", *command)]
