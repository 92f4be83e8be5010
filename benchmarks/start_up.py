"""How long whole processes take to start: ``python -m benchmarks.start_up``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from statistics import median

REPETITIONS = 15
BARE = "python -c pass"
_BIN = os.path.dirname(sys.executable)
COMMANDS = {
    BARE: [sys.executable, "-c", "pass"],
    "import curifactory": [sys.executable, "-c", "import curifactory"],
    "experiment --help": [os.path.join(_BIN, "experiment"), "--help"],
    "experiment ls": [os.path.join(_BIN, "experiment"), "ls"],
}


def start_up_seconds() -> dict[str, float]:
    """Median wall seconds of each command, in an empty project; repetitions take turns."""
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        os.mkdir(os.path.join(folder, "experiments"))
        with open(os.path.join(folder, "curifactory_config.json"), "w", encoding="utf-8") as file:
            file.write("{}")
        for repetition in range(REPETITIONS + 1):
            for name, command in COMMANDS.items():
                seconds = _seconds(command, folder)
                # the first time, byte code may have to be compiled
                if repetition:
                    found[name].append(seconds)
    return {name: median(seconds) for name, seconds in found.items()}


def _seconds(command: list[str], folder: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    for name, seconds in start_up_seconds().items():
        print(f"{name:20} {seconds * 1000:8.1f} ms")
