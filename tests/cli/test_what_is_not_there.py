"""What is said of paths and names at which there is nothing."""

from __future__ import annotations

import shutil


def test_what_is_not_there_is_named_with_what_may_have_been_meant(command, project):
    command("experiment", "one", "-n", "small", "--store-full")
    (store,) = (project / "data" / "runs").iterdir()
    (project / "notes.txt").write_text("mine")
    (total,) = (project / "data" / "cache").glob("*_add_total.json")
    total = total.relative_to(project)
    mistyped = f"{total}".replace("total", "totall")
    no_file = f"There is no file {mistyped}. Did you mean '{total.name}'?"
    no_run = "There is no run 'one_2' in the history. Did you mean 'one_1'?"
    for arguments, said in {
        ("why", mistyped): no_file,
        ("show", mistyped): no_file,
        ("diff", f"{total}", mistyped): no_file,
        ("cache", "rm", "--yes", mistyped): no_file,
        ("cache", "pin", mistyped): no_file,
        ("why", "nowhere/one.json"): "There is no file nowhere/one.json: there is no folder nowh",
        ("why", "data/cache"): "data/cache is a folder and no artifact",
        ("why", "./notes.txt"): "./notes.txt has no metadata beside it",
        ("why", "notes.txt"): "notes.txt has no metadata beside it",
        ("why", "note.txt"): "There is no experiment 'note.txt'",
        ("show", "totl"): "is named 'totl'. Did you mean 'total'?",
        ("show", "total", "--param", "size=7"): "No artifact in the history is like this",
        ("show", f"{total}", "--stage", "add"): "is a path: leave the options away",
        ("runs", "show", "one_2"): no_run,
        ("verify", "one_2"): f"There is no full store 'one_2': no such folder. {no_run}",
        ("diff", "latest", "one_2"): f"There is no file or folder one_2. {no_run}",
        ("runs", "shwo", "latest"): "No such command 'shwo'",
        ("replay", "data/runs"): f"The newest that was kept there is {store.name}.",
    }.items():
        done = command("curifactory", *arguments)
        assert (done.returncode, said in done.stderr) == (2, True), (arguments, done.stderr)


def test_an_artifact_of_another_cache_folder_is_told_so(command, project):
    command("experiment", "one", "-n", "small")
    shutil.copytree(project / "data" / "cache", project / "copied")
    (total,) = (project / "copied").glob("*_add_total.json")
    told = command("curifactory", "why", f"{total}", "-n", "small")
    assert "it is not in the cache folder data/cache (--cache DIR names another)" in told.stderr
    told = command("curifactory", "why", f"{total}", "-n", "small", "--cache", "copied")
    assert "would be loaded: it is in the cache" in told.stdout


def test_a_listing_without_anything_says_which_name_is_not_known(command):
    command("experiment", "one", "-n", "small")
    told = command("curifactory", "artifacts", "--stage", "ad")
    assert told.returncode == 0
    assert told.stderr == "No artifact in the history is of stage 'ad'. Did you mean 'add'?\n"
    assert "has no such artifact" in command("curifactory", "artifacts", "--param", "size=7").stderr
    assert command("curifactory", "why", "one", "ad", "-n", "small").stderr == (
        "Error: There is no stage 'ad' in 'one'. Did you mean 'add'? "
        "`curifactory plan one` lists them.\n"
    )


def test_who_asks_outside_of_a_project_is_told_so(command, tmp_path):
    for listing in ("runs", "artifacts"):
        told = command("curifactory", listing, cwd=tmp_path)
        assert told.returncode == 0
        assert f"{tmp_path} is in no project: go into the folder of one" in told.stderr
    told = command("curifactory", "cache", "verify", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (1, "")
    assert "There is no cache folder data/cache: nothing was kept yet" in told.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "project"]


def test_a_project_without_runs_is_no_other_place(command, project):
    (project / "data").mkdir()
    assert command("curifactory", "runs").stderr == ""
