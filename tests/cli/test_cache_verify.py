from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def cache(command, project) -> Path:
    """A cache of four artifacts."""
    assert command("experiment", "one").returncode == 0
    return project / "data" / "cache"


@pytest.fixture
def damaged(cache) -> Path:
    path = sorted(cache.glob("*add_total.json"))[0]
    path.write_text("[[]]")
    return path


def names(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_clean_cache_is_counted(command, cache):
    done = command("curifactory", "cache", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith("data/cache: 4 valid (")
    assert line.endswith(", 0 unverified, 0 damaged, 0 orphaned, 0 leftover")


def test_valid_artifacts_are_listed_when_asked_for(command, cache):
    lines = command("curifactory", "cache", "verify", "--all").stdout.splitlines()
    assert len([line for line in lines if line.startswith("valid ")]) == 4


def test_damage_is_named_with_size_and_reason_and_exits_with_1(command, damaged):
    done = command("curifactory", "cache", "verify")
    assert done.returncode == 1
    assert done.stdout.startswith(f"damaged     {damaged.name}  ")
    assert f"its file {damaged.name} has 4 bytes, not " in done.stdout


def test_json_has_every_file(command, cache, damaged):
    done = command("curifactory", "cache", "verify", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["totals"]["valid"]["count"] == 3
    assert {file for item in found["items"] for file in item["files"]} == names(cache)
    assert sum(item["size"] for item in found["items"]) == sum(
        path.stat().st_size for path in cache.iterdir()
    )


def test_a_dry_run_says_what_would_go_and_removes_nothing(command, cache, damaged):
    before = names(cache)
    for options in (["--dry-run"], ["--repair", "--dry-run"], ["--repair", "--dry-run", "--yes"]):
        done = command("curifactory", "cache", "verify", *options)
        assert done.returncode == 1
        assert f"remove {damaged.name}" in done.stdout
        assert names(cache) == before


def test_repair_removes_and_the_next_run_makes_anew(command, cache, damaged):
    before = names(cache)
    done = command("curifactory", "cache", "verify", "--repair", "--yes")
    metadata = damaged.name.replace(".json", "_metadata.json")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Removed: 2.")
    assert before - names(cache) == {damaged.name, metadata}
    assert "1 executed" in command("experiment", "one").stdout
    assert names(cache) == before


def test_repair_does_not_ask_where_nobody_can_answer(command, cache, damaged):
    before = names(cache)
    for options in ([], ["--json"]):
        done = command("curifactory", "cache", "verify", "--repair", *options)
        assert done.returncode == 2
        assert "nothing was removed. Give --yes" in done.stderr
    assert names(cache) == before


@pytest.mark.parametrize(("answer", "status", "goes"), [("n\n", 1, False), ("y\n", 0, True)])
def test_repair_asks_on_a_terminal(project, damaged, answer, status, goes):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "curifactory"), "cache", "verify", "--repair"],
        cwd=project,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(ours, answer.encode())
    process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == status
    assert damaged.exists() is not goes


def test_repair_needs_locks(command, cache, damaged):
    done = command(
        "curifactory", "cache", "verify", "--repair", "--yes", CURIFACTORY_LOCKING="false"
    )
    assert done.returncode == 2
    assert "CURIFACTORY_LOCKING=1" in done.stderr
    assert damaged.exists()


def test_another_cache_or_a_full_store_can_be_verified(command, project):
    assert command("experiment", "one", "--store-full").returncode == 0
    (store,) = (project / "data" / "runs").iterdir()
    for folder in (store, store / "artifacts"):
        done = command("curifactory", "cache", "verify", "--cache", str(folder))
        assert done.returncode == 0
        assert f"{store / 'artifacts'}: 4 valid" in done.stdout
    next((store / "artifacts").glob("*make_numbers.json")).write_text("[]")
    assert command("curifactory", "cache", "verify", "-c", str(store)).returncode == 1


def test_a_cache_that_is_not_there_is_wrong_use(command):
    done = command("curifactory", "cache", "verify", "--cache", "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_a_cache_folder_that_has_everything_in_it_counts_artifacts_only(command, project):
    settings = {"cache_path": "data", "logs_path": "data/logs", "reports_path": "data/reports"}
    (project / "curifactory_config.json").write_text(json.dumps(settings))
    assert command("experiment", "one", "--store-full").returncode == 0
    done = command("curifactory", "cache", "verify")
    assert done.stdout.startswith("data: 4 valid")
    assert done.stdout.rstrip().endswith("0 orphaned, 0 leftover")


def test_nothing_heavy_is_needed_for_help(command):
    assert "verify" in command("curifactory", "cache").stdout
