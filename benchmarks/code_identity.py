"""What it costs to find the code of a stage: ``python -m benchmarks code_identity``.

The stage calls 20 helpers in a row, in four modules; each has a docstring, a constant and a loop.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from statistics import median

from benchmarks.section import Say, Section

REPETITIONS = 15
HELPERS = 20
_MODULES = 4
_HELPER = '''\
LIMIT_{number} = {number}


def helper_{number}(values, scale=LIMIT_{number}):
    """Take in what is above the limit, and leave out what is not."""
    total = 0
    for one in values:
        if one > LIMIT_{number}:
            total += np.mean(one) * scale
        else:
            total -= one
    return {returned}
'''
_STAGES = """\
from dataclasses import dataclass

from curifactory import ExperimentParameters, stage
from helpers_0 import helper_0


@dataclass
class Params(ExperimentParameters):
    count: int = 1
    share: float = 2.0


@stage(outputs=["total"])
def work(record):
    return helper_0([record.params.count])
"""
_MEASURED = """\
import json, sys, time
sys.path.insert(0, sys.argv[1])
import stages
from curifactory.code import identify

params, function = stages.Params("one"), stages.work.__wrapped__
began = time.process_time()
parts = len(identify(function, params, root=sys.argv[1]).parts)
first = time.process_time() - began
began = time.process_time()
for _ in range(1000):
    identify(function, params, root=sys.argv[1])
print(json.dumps([first, (time.process_time() - began) / 1000, parts]))
"""


def section(_quick: bool, say: Say) -> Section:
    """Measure both."""
    say("code of a stage")
    first, further = code_seconds()
    text = (
        f"A stage with {HELPERS} helpers in {_MODULES} modules: {first * 1e3:.1f} ms of CPU at its "
        f"first call in a process (30 ms are aimed at), {further * 1e6:.1f} µs at each further "
        "one, which only looks whether that code still runs."
    )
    return Section("Finding the code of a stage", text, [first, further])


def code_seconds() -> tuple[float, float]:
    """CPU seconds of the first call for a stage in a process, and of each further call."""
    found = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        _write(folder)
        for _ in range(REPETITIONS):
            command = [sys.executable, "-c", _MEASURED, folder]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            first, further, parts = json.loads(done.stdout)
            assert parts > 2 * HELPERS  # with constants and the stage itself
            found.append((first, further))
    return median(first for first, _ in found), median(further for _, further in found)


def _write(folder: str) -> None:
    files = {"stages.py": _STAGES, "curifactory_config.json": "{}"}
    for module in range(_MODULES):
        following = f"helpers_{(module + 1) % _MODULES}"
        texts = [f"import numpy as np\n\nimport {following}\n"]
        for number in range(module, HELPERS, _MODULES):
            last = number + 1 == HELPERS
            returned = "total" if last else f"{following}.helper_{number + 1}([total])"
            texts.append(_HELPER.format(number=number, returned=returned))
        files[f"helpers_{module}.py"] = "\n\n".join(texts)
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
