"""Artifacts that are paths: FileReferenceCacher and PathRef; and notebooks."""

from __future__ import annotations

import json
import os

import pytest

from curifactory.caching import FileReferenceCacher, PathRef, RawJupyterNotebookCacher
from curifactory.errors import ArtifactSaveError, UnusableArtifactError


def test_a_reference_counts_only_while_every_file_is_there(tmp_path):
    files = [str(tmp_path / "one"), str(tmp_path / "two")]
    cacher = FileReferenceCacher(tmp_path / "refs.json")
    cacher.save(files)
    assert not cacher.check()
    for path in files:
        open(path, "w").close()
    assert cacher.check()
    os.unlink(files[1])
    assert not cacher.check()


def test_one_path_comes_back_as_one_path(tmp_path):
    cacher = FileReferenceCacher(tmp_path / "refs.json")
    cacher.save("data/one")
    assert cacher.load() == "data/one"
    assert cacher.references() == ["data/one"]
    assert json.loads((tmp_path / "refs.json").read_text()) == "data/one"


def test_a_path_object_comes_back_as_text_and_that_is_said(tmp_path):
    cacher = FileReferenceCacher(tmp_path / "refs.json")
    cacher.save([tmp_path])
    loaded = cacher.as_loaded([tmp_path])
    assert loaded.value == cacher.load() == [str(tmp_path)]
    assert "PosixPath becomes str" in loaded.difference


@pytest.mark.parametrize("obj", [3, ["a", 3], {"a": 1}, None])
def test_what_is_no_path_is_refused(tmp_path, obj):
    with pytest.raises(ArtifactSaveError, match=r"a path or a list of paths, but .*refs\.json"):
        FileReferenceCacher(tmp_path / "refs.json").save(obj)


@pytest.mark.parametrize("text", ["{}", "[1]", "not json"])
def test_a_damaged_list_does_not_count_and_names_itself_when_loaded(tmp_path, text):
    (tmp_path / "refs.json").write_text(text)
    cacher = FileReferenceCacher(tmp_path / "refs.json")
    assert not cacher.check()
    with pytest.raises(UnusableArtifactError, match=r"refs\.json"):
        cacher.load()


def test_a_path_ref_writes_nothing(tmp_path):
    cacher = PathRef(tmp_path / "model.bin")
    cacher.save(str(tmp_path / "model.bin"))
    assert list(tmp_path.iterdir()) == []
    assert not cacher.check()


def test_a_path_ref_gives_back_its_path_while_something_is_there(tmp_path):
    path = tmp_path / "model.bin"
    with pytest.raises(FileNotFoundError, match=r"model\.bin"):
        PathRef(path).load()
    path.mkdir()
    assert PathRef(path).check()
    assert PathRef(path).load() == str(path)


@pytest.mark.parametrize("returned", ["elsewhere", None, b"model.bin", 3])
def test_a_path_ref_takes_no_other_path(tmp_path, returned):
    with pytest.raises(AssertionError, match=r"stands for exactly '.*model\.bin'.*get_path\(\)"):
        PathRef(tmp_path / "model.bin").save(returned)


def test_a_path_object_is_handed_on_as_text(tmp_path):
    path = tmp_path / "model.bin"
    cacher = PathRef(path)
    cacher.save(path)
    assert cacher.as_loaded(path).value == str(path)
    assert cacher.as_loaded(path).difference == "PosixPath becomes str"
    assert cacher.as_loaded(str(path)).difference is None


CELLS = [["import math\n", "x = math.pi"], ["print(x)"]]


def test_a_notebook_is_valid_and_runs_the_given_lines(tmp_path):
    import nbformat

    RawJupyterNotebookCacher(tmp_path / "book.ipynb").save(CELLS)
    notebook = nbformat.read(tmp_path / "book.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["code", "code"]
    assert [cell.source for cell in notebook.cells] == ["import math\nx = math.pi", "print(x)"]


def test_a_notebook_and_its_cells_are_the_only_files(tmp_path):
    cacher = RawJupyterNotebookCacher(tmp_path / "book.ipynb")
    cacher.save(CELLS)
    assert sorted(os.listdir(tmp_path)) == ["book.ipynb", "book_cells.json"]
    assert json.loads((tmp_path / "book_cells.json").read_text()) == CELLS == cacher.load()


def test_equal_cells_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        RawJupyterNotebookCacher(tmp_path / f"{name}.ipynb").save(CELLS)
    assert (tmp_path / "a.ipynb").read_bytes() == (tmp_path / "b.ipynb").read_bytes()


def test_a_notebook_without_its_cells_does_not_count(tmp_path):
    cacher = RawJupyterNotebookCacher(tmp_path / "book.ipynb")
    cacher.save(CELLS)
    assert cacher.check()
    os.unlink(tmp_path / "book_cells.json")
    assert not cacher.check()


@pytest.mark.parametrize("obj", ["print(1)", ["print(1)"], [["a"], [1]], 3])
def test_what_is_no_list_of_cells_is_refused_and_nothing_is_written(tmp_path, obj):
    with pytest.raises(ArtifactSaveError, match=r"a list of cells.*book\.ipynb"):
        RawJupyterNotebookCacher(tmp_path / "book.ipynb").save(obj)
    assert list(tmp_path.iterdir()) == []


def test_damaged_cells_are_an_error_that_names_their_file(tmp_path):
    cacher = RawJupyterNotebookCacher(tmp_path / "book.ipynb")
    cacher.save(CELLS)
    (tmp_path / "book_cells.json").write_text("[[")
    with pytest.raises(UnusableArtifactError, match=r"book_cells\.json"):
        cacher.load()
