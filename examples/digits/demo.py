"""Run the grid twice from an empty cache: the first run computes, the second only reads.

Removes what earlier runs of this example left behind. Exits with 1 if the second run executed
a stage.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from curifactory.caching import PandasCsvCacher

PROJECT = Path(__file__).resolve().parent
CACHE = PROJECT / "data" / "cache"
MADE_BY_RUNS = ["data", "logs", "notebooks", "reports"]
# the command that was installed beside this Python
COMMAND = [str(Path(sys.executable).with_name("experiment")), "digits", "-p", "grid"]


def main() -> int:
    """Run, run again, show the result, and check what the second run did."""
    for folder in MADE_BY_RUNS:
        shutil.rmtree(PROJECT / folder, ignore_errors=True)

    heading("The first run: the cache is empty, everything is computed")
    first = run()
    heading("The second run: the same command, everything is there")
    second = run()

    heading("The comparison, read from the cache")
    print(PandasCsvCacher(found("*_compare_comparison.csv")).load().to_string())

    heading("Where to look")
    print("artifacts  ", shown(CACHE))
    print("report     ", shown(PROJECT / "reports" / "_latest" / "index.html"))
    print("notebook   ", shown(found("*_write_notebook_exploration.ipynb")))

    executed = [run_info["steps"]["RUN"] for run_info in (first, second)]
    print(f"\nSteps executed: {executed[0]} by the first run, {executed[1]} by the second.")
    if executed[0] == 0 or executed[1] > 0:
        print("That is wrong: the first should compute everything, the second nothing.")
        return 1
    return 0


def run() -> dict[str, Any]:
    """Run the experiment as one would in a terminal, and read what is known of that run."""
    print("$ experiment", *COMMAND[1:], flush=True)
    status = subprocess.run(COMMAND, cwd=PROJECT).returncode
    if status != 0:
        sys.exit(status)
    runs: list[dict[str, Any]] = json.loads((PROJECT / "data" / "store.json").read_text())
    return max(runs, key=lambda run_info: run_info["run_number"])


def found(pattern: str) -> Path:
    """Find the one artifact whose file name has this pattern."""
    (path,) = CACHE.glob(pattern)
    return path


def shown(path: Path) -> str:
    """Spell a path as seen from the working folder."""
    return os.path.relpath(path)


def heading(text: str) -> None:
    """Print a line that stands out."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
