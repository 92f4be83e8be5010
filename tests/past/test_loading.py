"""Artifacts are loaded with the cacher that their metadata names, without their experiment."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import curifactory
from curifactory import Record, stage
from curifactory.caching import (
    Cacheable,
    FileReferenceCacher,
    JsonCacher,
    NumpyCacher,
    PandasCacher,
    PandasCsvCacher,
    PandasJsonCacher,
    PathRef,
    PickleCacher,
    RawJupyterNotebookCacher,
)
from curifactory.errors import UnusableArtifactError
from curifactory.store.metadata import parse, render

FRAME = pd.DataFrame({"x": [1.5, 2.5], "y": ["a", "b"]})


def keep(lab, value, cacher):
    """Have a stage return a value; gives the path of its artifact."""

    @stage(None, ["kept"], [cacher])
    def make(record):
        return (value,) if isinstance(value, tuple) else value

    def run(param_sets, manager):
        make(Record(manager, param_sets[0]))

    lab.run(run, lab.Params("a"))
    (found,) = curifactory.artifacts("kept")
    return found.path


@pytest.mark.parametrize(
    ("value", "cacher"),
    [
        ({"a": [1, 2]}, JsonCacher),
        ({1, 2}, PickleCacher),
        (FRAME, PandasCacher),
        (FRAME, PandasCacher(format="parquet")),
        (FRAME, PandasCacher(format="csv", to_args={"sep": ";"})),
        (FRAME, PandasCsvCacher(to_csv_args={"index": False})),
        (FRAME, PandasJsonCacher),
        ([["x = 1"], ["x"]], RawJupyterNotebookCacher),
        (np.arange(6.0).reshape(2, 3), NumpyCacher),
        ([], JsonCacher(subdir="deeper", prefix="other")),
        ([3], JsonCacher("results/{hash}_kept.json")),
    ],
)
def test_built_in_cachers_give_back_what_was_kept(lab, value, cacher):
    loaded = curifactory.load(keep(lab, value, cacher))
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(loaded, value)
    elif isinstance(value, np.ndarray):
        np.testing.assert_array_equal(loaded, value)
    else:
        assert loaded == value


def test_a_reference_gives_the_paths_that_it_points_at(lab):
    (lab.root / "there.txt").write_text("x")
    assert curifactory.load(keep(lab, ["there.txt"], FileReferenceCacher)) == ["there.txt"]


def test_a_path_is_loaded_as_the_path_where_it_is_now(lab):
    @stage(None, ["kept"], [PathRef])
    def make(record):
        path = record.stage_cachers[0].get_path()
        with open(path, "w") as file:
            file.write("x")
        return path

    lab.run(lambda sets, manager: make(Record(manager, sets[0])), lab.Params("a"))
    (found,) = curifactory.artifacts("kept")
    (lab.root / "data").rename(lab.root / "moved")
    moved = found.path.replace("/data/", "/moved/")
    assert curifactory.load(moved) == moved


class InFolder(Cacheable):
    """Keeps each text in a file of its own, in a folder."""

    def __init__(self, ending, **kwargs):
        super().__init__(**kwargs)
        self.ending = ending

    def save(self, obj):
        for name, text in obj.items():
            with open(os.path.join(self.get_dir(), name + self.ending), "w") as file:
                file.write(text)
        self.extra_metadata["names"] = sorted(obj)

    def load(self):
        texts = {}
        for name in self.extra_metadata["names"]:
            with open(os.path.join(self.get_dir(), name + self.ending)) as file:
                texts[name] = file.read()
        return texts


class TestCachersOfAProject:
    texts = {"one": "1", "two": "2"}

    def test_one_that_can_be_imported_has_the_arguments_that_it_had(self, lab):
        path = keep(lab, self.texts, InFolder(".txt"))
        assert curifactory.load(path) == self.texts
        assert curifactory.load(os.path.join(path, "one.txt")) == self.texts

    def test_one_that_cannot_be_imported_can_be_given(self, lab):
        path = keep(lab, self.texts, InFolder(".txt"))
        metadata = lab.file("_metadata.json")
        document = parse(metadata.read_bytes())
        metadata.write_bytes(render({**document, "cacher_type": "gone.Cacher"}))
        with pytest.raises(UnusableArtifactError, match=r"gone\.Cacher.*cacher=") as error:
            curifactory.load(path)
        assert "No module named 'gone'" in str(error.value)
        assert curifactory.load(path, cacher=InFolder(".txt")) == self.texts

    def test_an_argument_that_could_not_be_recorded_is_an_error_and_no_other_value(self, lab):
        cacher = PandasCsvCacher(to_csv_args={"header": ("x", "y"), "index": False})
        path = keep(lab, FRAME, cacher)
        with pytest.raises(UnusableArtifactError, match="arguments are not recorded"):
            curifactory.load(path)
        pd.testing.assert_frame_equal(curifactory.load(path, cacher=cacher), FRAME)

    def test_what_is_no_cacher_is_not_called(self, lab):
        path = keep(lab, [1], JsonCacher)
        metadata = lab.file("_metadata.json")
        document = parse(metadata.read_bytes())
        for name in ("os.system", "subprocess.Popen", "", "curifactory.caching.Nothing"):
            metadata.write_bytes(render({**document, "cacher_type": name}))
            with pytest.raises(UnusableArtifactError, match="cannot be had here"):
                curifactory.load(path)

    def test_the_projects_modules_are_found_from_anywhere(self, project):
        project.write("src/mine.py", "class Number(int): pass\n")
        project.write(
            "experiments/e.py",
            """\
            from curifactory import ExperimentParameters, Record, stage
            from curifactory.caching import PickleCacher
            from src.mine import Number

            class Kept(PickleCacher):
                pass

            @stage(None, ["kept"], [Kept])
            def make(record):
                return Number(7)

            def get_params():
                return [ExperimentParameters("a")]

            def run(param_sets, manager):
                make(Record(manager, param_sets[0]))
            """,
        )
        project.succeed("e")
        notebooks = project.root / "notebooks"
        script = textwrap.dedent(
            """\
            import sys, curifactory
            before = list(sys.path)
            print(repr(curifactory.load("kept")))
            assert sys.path == before
            """
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=notebooks, capture_output=True)
        assert done.stdout == b"7\n", done.stderr


class TestTrust:
    @pytest.fixture
    def pickled(self, lab):
        return keep(lab, {1}, PickleCacher)

    def test_never_means_never(self, lab, pickled, monkeypatch):
        monkeypatch.setenv("CURIFACTORY_TRUST_PICKLE", "never")
        with pytest.raises(UnusableArtifactError, match="trust_pickle is 'never'"):
            curifactory.load(pickled)

    def test_own_means_what_was_written_with_the_own_key(self, lab, monkeypatch):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(lab.root / "config"))
        monkeypatch.setenv("CURIFACTORY_TRUST_PICKLE", "own")
        path = keep(lab, {1}, PickleCacher)
        assert curifactory.load(path) == {1}
        metadata = lab.file("_metadata.json")
        document = parse(metadata.read_bytes())
        document["commit"]["seals"] = {}
        metadata.write_bytes(render(document))
        with pytest.raises(UnusableArtifactError, match="not written by you"):
            curifactory.load(path)

    @pytest.mark.parametrize(
        ("named", "arguments"),
        [
            ("PandasCsvCacher", {"format": "pickle"}),
            ("PandasCacher", {"format": "pickle", "may_unpickle": False}),
            ("PickleCacher", {"may_unpickle": False}),
        ],
    )
    def test_metadata_cannot_talk_its_way_to_a_pickle(
        self, lab, pickled, monkeypatch, named, arguments
    ):
        metadata = lab.file("_metadata.json")
        document = parse(metadata.read_bytes())
        document |= {"cacher_type": f"curifactory.caching.{named}", "cacher_arguments": arguments}
        document["recipe"]["cachers"] = {}
        metadata.write_bytes(render(document))
        for trust in ("own", "never"):
            monkeypatch.setenv("CURIFACTORY_TRUST_PICKLE", trust)
            with pytest.raises(UnusableArtifactError, match="trust_pickle"):
                curifactory.load(pickled)

    def test_no_module_is_imported_that_foreign_metadata_names(self, lab, monkeypatch):
        path = keep(lab, [1], JsonCacher)
        (lab.root / "trap.py").write_text("raise SystemExit('imported')\n")
        metadata = lab.file("_metadata.json")
        document = parse(metadata.read_bytes())
        metadata.write_bytes(render({**document, "cacher_type": "trap.Cacher"}))
        for trust in ("own", "never"):
            monkeypatch.setenv("CURIFACTORY_TRUST_PICKLE", trust)
            with pytest.raises(UnusableArtifactError, match="is not imported"):
                curifactory.load(path)
            assert curifactory.load(path, cacher=JsonCacher) == [1]


@pytest.mark.parametrize(
    ("cacher", "value"),
    [(JsonCacher, "one"), (PickleCacher, "one"), (NumpyCacher, np.frombuffer(b"one", "u1"))],
)
def test_a_changed_byte_is_an_error_although_it_could_be_read(lab, cacher, value):
    path = Path(keep(lab, value, cacher))
    path.write_bytes(path.read_bytes().replace(b"one", b"two"))
    with pytest.raises(UnusableArtifactError, match="bytes"):
        curifactory.load(path)


def test_an_artifact_that_was_replaced_is_not_taken_for_the_former_one(lab):
    keep(lab, [1], JsonCacher)
    (former,) = curifactory.artifacts("kept")
    lab.file("_kept_metadata.json").unlink()
    keep(lab, [2], JsonCacher)
    with pytest.raises(UnusableArtifactError, match="replaced by another one"):
        former.load()
    assert curifactory.load("kept") == [2]


def test_metadata_of_an_older_layout_names_its_cacher_in_short(lab):
    (lab.root / "old_thing.json").write_text("[1]")
    (lab.root / "old_thing_metadata.json").write_text(json.dumps({"cacher_type": "JsonCacher"}))
    assert curifactory.load("old_thing.json") == [1]
    (lab.root / "old.pkl").write_bytes(pickle.dumps({1}))
    (lab.root / "old_metadata.json").write_text(json.dumps({}))
    with pytest.raises(UnusableArtifactError, match="names no cacher"):
        curifactory.load("old.pkl")
    assert curifactory.load("old.pkl", cacher=PickleCacher) == {1}


def test_a_file_without_metadata_is_no_artifact(lab):
    (lab.root / "loose.json").write_text("[1]")
    with pytest.raises(UnusableArtifactError, match="no metadata beside it"):
        curifactory.load("loose.json")
