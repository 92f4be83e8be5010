"""Staging folders, and what is left of them when their owner dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from curifactory.store.reserved import STAGING_PREFIX
from curifactory.store.staging import Staging, sweep

OWN = """
import sys
from curifactory.store.staging import Staging
folder = Staging().folder(sys.argv[1])
open(folder + "/half-written", "w").close()
print(folder, flush=True)
sys.stdin.readline()
"""


def owner_of_a_staging_folder(target):
    process = subprocess.Popen(
        [sys.executable, "-c", OWN, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().strip()


def end(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


def make_old(folder, seconds):
    then = time.time() - seconds
    os.utime(folder, (then, then))


def test_a_staging_folder_is_hidden_and_beside_the_target(tmp_path):
    staging = Staging()
    folder = staging.folder(str(tmp_path))
    assert os.path.dirname(folder) == str(tmp_path)
    assert os.path.basename(folder).startswith(".")
    assert staging.folder(str(tmp_path)) == folder
    staging.close()


def test_closing_leaves_nothing(tmp_path):
    staging = Staging()
    folder = staging.folder(str(tmp_path / "new"))
    open(os.path.join(folder, "x"), "w").close()
    staging.close()
    assert os.listdir(tmp_path / "new") == []


def test_a_folder_that_vanished_is_made_again(tmp_path):
    staging = Staging()
    first = staging.folder(str(tmp_path))
    os.unlink(os.path.join(first, "owner.lock"))
    os.rmdir(first)
    assert os.path.isdir(staging.folder(str(tmp_path)))
    staging.close()


def test_two_sessions_have_folders_of_their_own(tmp_path):
    first, second = Staging(), Staging()
    assert first.folder(str(tmp_path)) != second.folder(str(tmp_path))
    assert len(os.listdir(tmp_path)) == 2
    first.close()
    second.close()
    assert os.listdir(tmp_path) == []


def test_the_folder_of_a_killed_process_is_swept(tmp_path):
    process, folder = owner_of_a_staging_folder(tmp_path)
    end(process)
    assert os.path.exists(os.path.join(folder, "half-written"))
    sweep(str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_the_next_start_sweeps(tmp_path):
    process, folder = owner_of_a_staging_folder(tmp_path)
    end(process)
    staging = Staging()
    staging.folder(str(tmp_path))
    assert not os.path.exists(folder)
    staging.close()


def test_the_folder_of_a_living_process_stays(tmp_path):
    process, folder = owner_of_a_staging_folder(tmp_path)
    try:
        sweep(str(tmp_path))
        assert os.path.exists(os.path.join(folder, "half-written"))
    finally:
        end(process)


def test_a_folder_whose_owner_is_unknown_stays_while_it_is_young(tmp_path):
    folder = tmp_path / (STAGING_PREFIX + "0123")
    folder.mkdir()
    sweep(str(tmp_path))
    assert folder.exists()
    make_old(folder, 120)
    sweep(str(tmp_path))
    assert not folder.exists()


def test_a_folder_of_another_machine_stays_for_a_day(tmp_path):
    folder = tmp_path / (STAGING_PREFIX + "0123")
    folder.mkdir()
    (folder / "owner.lock").write_text("another-machine process 1")
    make_old(folder, 3600)
    sweep(str(tmp_path))
    assert folder.exists()
    make_old(folder, 25 * 3600)
    sweep(str(tmp_path))
    assert not folder.exists()


def test_nothing_else_is_swept(tmp_path):
    for name in (".hidden", "exp_abc_stage_x.json", "curifactory-0123"):
        (tmp_path / name).mkdir()
        make_old(tmp_path / name, 48 * 3600)
    sweep(str(tmp_path))
    assert len(os.listdir(tmp_path)) == 3


def test_a_target_with_pattern_characters_is_swept_itself(tmp_path):
    target = tmp_path / "a[1]*"
    process, folder = owner_of_a_staging_folder(target)
    end(process)
    sweep(str(target))
    assert not os.path.exists(folder)
