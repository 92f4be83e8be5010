"""Putting a folder in the place of another one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from curifactory.store.files import files_below, replace_folder


def new_folder(path, text):
    path.mkdir()
    for name in "abc":
        (path / name).write_text(text)
    return path


@pytest.mark.parametrize("before", ["nothing", "a folder", "an empty folder", "a file"])
def test_it_takes_the_place_of_what_was_there(tmp_path, before):
    target = tmp_path / "target"
    if before == "a folder":
        new_folder(target, "old")
        (target / "more").write_text("old")
    elif before == "an empty folder":
        target.mkdir()
    elif before == "a file":
        target.write_text("old")
    (tmp_path / "aside").mkdir()
    replace_folder(str(new_folder(tmp_path / "aside" / "new", "new")), str(target))
    assert [path.name for path in sorted(target.iterdir())] == ["a", "b", "c"]
    assert not list((tmp_path / "aside").iterdir())


def test_several_who_replace_it_at_once_leave_one_whole_folder(tmp_path):
    target, failures = str(tmp_path / "target"), []

    def replace_often(who):
        for round_ in range(40):
            try:
                folder = tmp_path / f"{who}-{round_}"
                replace_folder(str(new_folder(folder, who)), target)
            except OSError as error:
                failures.append(error)

    threads = [threading.Thread(target=replace_often, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len({Path(path).read_text() for path in files_below(target)}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
