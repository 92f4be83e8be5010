"""A repair removes what is no artifact, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from curifactory.care.repair import repair
from curifactory.care.survey import survey
from curifactory.errors import ArtifactError
from curifactory.running.step_lock import lock_path
from curifactory.store.locks import PathLock
from curifactory.store.reserved import STAGING_PREFIX
from curifactory.store.slot import Slot
from curifactory.store.staging import Staging


def files(folder) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def mend(cache):
    return repair(survey(str(cache)))


def test_a_clean_cache_stays_as_it_is(cache):
    before = files(cache)
    assert mend(cache).removed == []
    assert files(cache) == before


def test_of_a_damaged_artifact_nothing_is_left_and_it_is_made_again(lab, run, cache):
    before = files(cache)
    (cache / "lab_one_make_texts" / "a").write_text("x")
    done = mend(cache)
    assert set(done.removed) == {
        "lab_one_make_texts/a",
        "lab_one_make_texts/b",
        "lab_one_make_texts_metadata.json",
    }
    assert before - files(cache) == {*done.removed, "lab_one_make_texts"}
    assert done.kept == {}

    lab.run(run, lab.Params("one", hash="one", size=1), lab.Params("two", size=2))
    assert lab.executed() == {"make one": 1}
    assert survey(str(cache)).removable == []


def test_the_emptied_folder_of_an_orphan_goes_too(cache):
    (folder,) = [path for path in cache.glob("lab_*_make_texts") if "one" not in path.name]
    (cache / f"{folder.name}_metadata.json").unlink()
    mend(cache)
    assert not folder.exists()


def test_orphans_and_leftovers_go_and_what_is_the_users_stays(cache):
    (cache / "lab_one_make_numbers_metadata.json").unlink()
    (cache / "notes.txt").write_text("mine")
    aside = cache / f"{STAGING_PREFIX}0123-lab_x.json"
    aside.write_text("half")
    os.utime(aside, (1, 1))
    folder = cache / f"{STAGING_PREFIX}dead"
    folder.mkdir()
    (folder / "half").write_text("")
    os.utime(folder, (1, 1))
    before = files(cache)
    mend(cache)
    assert before - files(cache) == {
        "lab_one_make_numbers.json",
        aside.name,
        folder.name,
        f"{folder.name}/half",
    }


def test_an_inline_save_that_may_be_going_on_is_left_alone(cache):
    aside = cache / f"{STAGING_PREFIX}0123-lab_x.json"
    aside.write_text("half")
    mend(cache)
    assert aside.exists()


def test_a_stranger_goes_and_the_artifact_around_it_is_whole_again(lab, run, cache):
    (cache / "lab_one_make_texts" / "more").write_text("mine")
    assert mend(cache).removed == ["lab_one_make_texts/more"]
    lab.run(run, lab.Params("one", hash="one", size=1))
    assert lab.executed() == {}


def test_a_link_is_removed_and_what_it_leads_to_stays(lab, cache):
    target = lab.root / "target.json"
    data = cache / "lab_one_make_numbers.json"
    target.write_text("else")
    data.unlink()
    data.symlink_to(target)
    mend(cache)
    assert not data.is_symlink()
    assert target.read_text() == "else"


def test_nothing_is_removed_while_a_step_is_locked(cache):
    (cache / "lab_one_make_texts" / "a").write_text("x")
    before = files(cache)
    lock = PathLock(lock_path(Slot(str(cache), "lab_another"), str(cache), "elsewhere"))
    lock.acquire()
    try:
        with pytest.raises(ArtifactError, match=f"process {os.getpid()} is at work there"):
            mend(cache)
    finally:
        lock.release()
    assert files(cache) == before
    assert mend(cache).removed


def test_nothing_is_removed_while_a_run_has_a_staging_folder(cache):
    (cache / "lab_one_make_texts" / "a").write_text("x")
    code = (
        "import sys\n"
        "from curifactory.store.staging import Staging\n"
        "Staging().folder(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(cache)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    run.stdout.readline()
    found = survey(str(cache))
    assert found.of("leftover") == []
    with pytest.raises(ArtifactError, match=f"process {run.pid} .*is at work there"):
        repair(found)
    run.kill()
    run.communicate()
    assert mend(cache).removed


def test_a_staging_folder_that_somebody_owns_is_no_leftover(cache):
    staging = Staging()
    staging.folder(str(cache))
    assert survey(str(cache)).of("leftover") == []
    staging.close()


def test_what_changed_since_the_survey_stays(cache):
    path = cache / "lab_one_make_texts" / "a"
    path.write_text("x")
    found = survey(str(cache))
    time.sleep(0.02)
    path.write_text("y")
    before = files(cache)
    done = repair(found)
    assert files(cache) == before
    (why,) = done.kept.values()
    assert why == "it changed since it was looked at"


def test_two_repairs_do_not_meet(cache):
    (cache / "lab_one_make_texts" / "a").write_text("x")
    found = survey(str(cache))
    own = PathLock(os.path.join(f"{cache.parent}/.{cache.name}-locks", "repair.lock"))
    own.acquire()
    with pytest.raises(ArtifactError, match="another repair is at work"):
        repair(found)
    own.release()


def test_the_lock_of_a_run_that_was_killed_does_not_matter(cache):
    (cache / "lab_one_make_texts" / "a").write_text("x")
    locks = cache.parent / f".{cache.name}-locks"
    locks.mkdir(exist_ok=True)
    (locks / "dead.lock").write_text("somewhere process 1")
    assert mend(cache).removed
