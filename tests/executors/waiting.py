"""Waiting for something that a process which was started does."""

from __future__ import annotations

import time


def until_executed(project, what, process):
    """Wait until a stage says that it was called: ``"<stage> <parameter set>"``."""
    path = project.root.parent / "executed.txt"
    until = time.monotonic() + 60
    while not path.exists() or what not in path.read_text().splitlines():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.02)
