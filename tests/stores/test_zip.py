"""A full store goes into one zip file and comes out of it as it was, whoever sent the file."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from curifactory.errors import ConfigurationError, DamagedStoreError
from curifactory.stores.pack import pack
from curifactory.stores.unpack import unpack
from curifactory.stores.verify import verify_store

from .conftest import contents


def repacked(source: Path, target: Path, change=lambda name, data: [(name, data)]) -> Path:
    """A zip file with other entries: `change` gives those that take the place of one."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            for name, data in change(entry.filename, old.read(entry)):
                new.writestr(name, data)
    return target


def with_entry(source: Path, target: Path, *entries) -> Path:
    repacked(source, target)
    with zipfile.ZipFile(target, "a") as zip_file:
        for entry in entries:
            zip_file.writestr(entry, b"outside")
    return target


@pytest.fixture
def packed(kept, tmp_path) -> Path:
    pack(str(kept), str(tmp_path / "run.zip"))
    return tmp_path / "run.zip"


@pytest.fixture
def into(tmp_path) -> Path:
    """An empty folder to unpack into, beside which nothing may appear."""
    folder = tmp_path / "inner" / "into"
    folder.mkdir(parents=True)
    return folder


def test_what_comes_out_is_what_went_in(kept, packed, into):
    done = unpack(str(packed), str(into))
    assert done.left_out == ()
    assert Path(done.folder) == into / kept.name
    assert contents(into / kept.name) == contents(kept)
    assert verify_store(done.folder).is_whole


def test_an_empty_folder_of_an_artifact_comes_along(store, tmp_path, into):
    (store / "artifacts" / "nothing").mkdir()
    pack(str(store), str(tmp_path / "run.zip"))
    assert contents(Path(unpack(str(tmp_path / "run.zip"), str(into)).folder)) == contents(store)


def test_the_commands_do_it_by_the_reference_of_the_run(kept, project):
    history = kept.parents[2]
    environment = {"CURIFACTORY_RUNS_PATH": str(history / "data/runs")}
    for name in (kept.name, "sums_1"):
        manager = {"CURIFACTORY_MANAGER_CACHE_PATH": str(history / "data")}
        project.succeed(
            "export", name, f"{name}.zip", program="curifactory", **environment, **manager
        )
    first, second = (project.root / f"{name}.zip" for name in (kept.name, "sums_1"))
    assert first.read_bytes() == second.read_bytes(), "the same store gives the same bytes"
    printed = project.succeed("import", "sums_1.zip", "there/new", program="curifactory")
    assert printed.strip() == f"there/new/{kept.name}"
    assert contents(project.root / printed.strip()) == contents(kept)
    project.succeed("replay", printed.strip(), "-q", program="curifactory")
    assert project.executed() == {}


def test_nothing_is_overwritten(kept, packed, into):
    before = packed.read_bytes()
    with pytest.raises(ConfigurationError, match="is there already"):
        pack(str(kept), str(packed))
    assert packed.read_bytes() == before
    (into / kept.name).mkdir()
    with pytest.raises(ConfigurationError, match="is there already"):
        unpack(str(packed), str(into))
    assert contents(into) == {kept.name: None}


def test_a_damaged_store_is_not_exported(store, tmp_path):
    page = store / "report" / "index.html"
    page.write_bytes(page.read_bytes()[::-1])
    with pytest.raises(DamagedStoreError, match=r"index\.html has other bytes"):
        pack(str(store), str(tmp_path / "run.zip"))
    page.unlink()
    with pytest.raises(DamagedStoreError, match=r"index\.html cannot be read"):
        pack(str(store), str(tmp_path / "run.zip"))
    assert [path.name for path in tmp_path.iterdir()] == ["carried"]


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("../escaped.txt", "leads out of its folder"),
        ("run/../../escaped.txt", "leads out of its folder"),
        ("/tmp/escaped.txt", "leads out of its folder"),
        ("C:\\escaped.txt", "leads out of its folder"),
        ("..\\escaped.txt", "leads out of its folder"),
        (link("run/link"), "is a link or a device"),
    ],
    ids=str,
)
def test_an_entry_that_leads_out_is_refused(packed, into, tmp_path, entry, why):
    evil = with_entry(packed, tmp_path / "evil.zip", entry)
    with pytest.raises(DamagedStoreError, match=why):
        unpack(str(evil), str(into))
    assert contents(tmp_path / "inner") == {"into": None}


def test_a_manifest_that_leads_out_is_refused(packed, into, tmp_path):
    def change(name, data):
        escaped = data.replace(b'"README.md"', b'"../README.md"')
        return [(name, escaped if name.endswith("MANIFEST.json") else data)]

    evil = repacked(packed, tmp_path / "evil.zip", change)
    with pytest.raises(DamagedStoreError, match="leads out of the store"):
        unpack(str(evil), str(into))
    assert contents(tmp_path / "inner") == {"into": None}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda name, data: [], "README.md is missing in it"),
        (lambda name, data: [(name, data[::-1])], "README.md in it has other bytes"),
        (lambda name, data: [(name, data + b"more")], "README.md in it has other bytes"),
        (lambda name, data: [(name, data), (name, data)], "it has two entries"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_missing_or_changed_is_named(packed, into, tmp_path, change, why):
    def other(name, data):
        return change(name, data) if name.endswith("/README.md") else [(name, data)]

    damaged = repacked(packed, tmp_path / "damaged.zip", other)
    with pytest.raises(DamagedStoreError, match=why):
        unpack(str(damaged), str(into))
    assert contents(tmp_path / "inner") == {"into": None}


def test_what_does_not_belong_to_the_store_is_left_out(kept, packed, into, tmp_path):
    other = with_entry(packed, tmp_path / "other.zip", f"{kept.name}/.DS_Store", "__MACOSX/._x")
    done = unpack(str(other), str(into))
    assert done.left_out == (f"{kept.name}/.DS_Store", "__MACOSX/._x")
    assert contents(into / kept.name) == contents(kept)


def test_a_zip_file_that_becomes_too_large_is_refused(packed, into, tmp_path):
    with pytest.raises(DamagedStoreError, match=r"it would become .* allow more with --max-size"):
        unpack(str(packed), str(into), max_bytes=10_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as zip_file:
        manifest = b'{"schema": 1, "files": [["a", 4000000000000, ""]], "artifacts": [], '
        zip_file.writestr("run/MANIFEST.json", manifest + b'"not_held": [], "missing": []}')
        zip_file.writestr("run/a", b"0" * 1_000_000)
    with pytest.raises(DamagedStoreError, match=r"it would become 4\.0 TB"):
        unpack(str(bomb), str(into))
    assert contents(tmp_path / "inner") == {"into": None}


def test_more_bytes_than_the_manifest_says_are_not_written(packed, into, tmp_path):
    def change(name, data):
        return [(name, b"0" * 5_000_000 if name.endswith("/README.md") else data)]

    bomb = repacked(packed, tmp_path / "bomb.zip", change)
    with pytest.raises(DamagedStoreError, match=r"README\.md in it has other bytes"):
        unpack(str(bomb), str(into))
    assert contents(tmp_path / "inner") == {"into": None}


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06" + b"\0" * 18, b"no zip file", None])
def test_what_is_no_full_store_is_refused(packed, into, tmp_path, data):
    path = tmp_path / "other.zip"
    path.write_bytes(packed.read_bytes()[:-2000] if data is None else data)
    with pytest.raises(DamagedStoreError):
        unpack(str(path), str(into))
    assert contents(tmp_path / "inner") == {"into": None}


def test_an_incomplete_store_stays_one(project, tmp_path):
    text = "def run(param_sets, manager):\n    raise ValueError\n"
    project.write("experiments/fails.py", f"{text}def get_params():\n    return []\n")
    assert project.command("fails", "--store-full").returncode == 1
    (store,) = (project.root / "data" / "runs").iterdir()
    pack(str(store), str(tmp_path / "run.zip"))
    done = unpack(str(tmp_path / "run.zip"), str(tmp_path / "there"))
    assert verify_store(done.folder).incomplete is not None
    assert os.listdir(tmp_path / "there") == [store.name]
