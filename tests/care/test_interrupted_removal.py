"""A removal that is killed at any instant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

KILLED = Path(__file__).with_name("killed.py")


def test_wherever_a_removal_is_killed_values_are_right_and_the_next_one_finishes(tmp_path):
    done = subprocess.run(
        [sys.executable, KILLED, tmp_path / "trials"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    trials = [json.loads(line) for line in done.stdout.splitlines()]
    # the files of four artifacts and of a report, their metadata, the history's file, the locks
    assert len(trials) >= 20
    for trial in trials:
        assert trial["right"] == [0, 0], trial
        assert trial["found"]["leftover"] == trial["found"]["unverified"] == 0, trial
        # the three artifacts of the other parameter set, and its report
        assert trial["cleaned"] == {**dict.fromkeys(trial["cleaned"], 0), "valid": 4}, trial
    assert {trial["found"]["valid"] for trial in trials} == {8, 7, 6, 5, 4}
