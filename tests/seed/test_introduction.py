"""What the page says before its first heading, about cachers in general."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import pytest

from curifactory import Record, caching, stage
from curifactory.caching import (
    Cacheable,
    FileReferenceCacher,
    JsonCacher,
    PandasCacher,
    PandasCsvCacher,
    PandasJsonCacher,
    PickleCacher,
    RawJupyterNotebookCacher,
)

BUILT_IN = (
    "FileReferenceCacher",
    "JsonCacher",
    "PandasCacher",
    "PandasCsvCacher",
    "PandasJsonCacher",
    "PickleCacher",
    "RawJupyterNotebookCacher",
)


def keep(lab, value, cacher, mode="live"):
    """What consumers get of a value that a stage returned, and again in a later run."""

    @stage(outputs=["thing"], cachers=[cacher])
    def make(record):
        lab.ran(record)
        return value

    def run(param_sets, manager):
        return make(Record(manager, param_sets[0])).state["thing"]

    params = lab.Params("one")
    first, later = lab.run(run, params, mode=mode), lab.run(run, params, mode=mode)
    assert lab.executed() == {"make one": 1}
    return first, later


@pytest.fixture
def run_squares(lab):
    """An experiment of one stage that squares."""

    @stage(outputs=["squares"], cachers=[JsonCacher])
    def square(record):
        lab.ran(record)
        return [number**2 for number in range(record.params.size)]

    def run(param_sets, manager):
        return [square(Record(manager, params)).state["squares"] for params in param_sets]

    return run


def test_a_run_dumps_each_output_once_per_parameter_set_into_one_folder(lab, run_squares, mode):
    """Outputs of stages lie in the common cache folder, named by the hash of their parameters."""
    two = lab.Params("two", size=2), lab.Params("three", size=3)
    lab.run(run_squares, *two, mode=mode)
    for params, squares in zip(two, ([0, 1], [0, 1, 4]), strict=True):
        path = lab.cache / f"lab_{params.params_hash()}_square_squares.json"
        assert json.loads(path.read_text()) == squares
    assert len(list(lab.cache.iterdir())) == 4  # each with its metadata


def test_a_stage_with_artifacts_for_its_parameter_set_is_loaded_not_executed(
    lab, run_squares, mode
):
    """What is in the cache for the current parameter set comes from there."""
    first = lab.run(run_squares, lab.Params("two", size=2), mode=mode)
    assert lab.executed() == {"square two": 1}
    again = lab.run(run_squares, lab.Params("two", size=2), mode=mode)
    assert lab.executed() == {}
    assert lab.decisions["square two"] == "LOAD"
    assert first == again == [[0, 1]]


def test_artifacts_of_another_parameter_set_are_not_taken(lab, run_squares, mode):
    """Only what belongs to the current parameter set counts."""
    lab.run(run_squares, lab.Params("two", size=2), mode=mode)
    lab.executed()
    assert lab.run(run_squares, lab.Params("two", size=4), mode=mode) == [[0, 1, 4, 9]]
    assert lab.executed() == {"square two": 1}


def test_a_second_run_of_a_real_experiment_executes_nothing(project):
    """Having everything in the cache makes the experiment quicker: no stage is executed again."""
    project.write(
        "experiments/squares.py",
        """\
        from counting import ran
        from curifactory import ExperimentParameters, Record, stage
        from curifactory.caching import JsonCacher

        @stage(outputs=["squares"], cachers=[JsonCacher])
        def square(record):
            ran("square", record)
            return [0, 1, 4]

        @stage(["squares"], ["total"], [JsonCacher])
        def add(record, squares):
            ran("add", record)
            return sum(squares)

        def get_params():
            return [ExperimentParameters("one")]

        def run(param_sets, manager):
            for params in param_sets:
                add(square(Record(manager, params)))
        """,
    )
    project.succeed("squares")
    assert project.executed() == {"square one": 1, "add one": 1}
    project.succeed("squares")
    assert project.executed() == {}
    assert json.loads(project.file("_total.json").read_text()) == 5


def test_the_cache_is_a_paper_trail_to_walk_through_by_hand(lab, run_squares):
    """Each file says by its name what it is, and its metadata what it was made from."""
    lab.run(run_squares, lab.Params("two", size=2))
    document = json.loads(lab.file("_squares_metadata.json").read_text())
    assert document["stage"] == "square"
    assert document["params"] == {"size": 2, "factor": 2}
    named = re.compile(r"lab_[0-9a-f]{32}_square_squares(\.json|_metadata\.json)")
    assert all(named.fullmatch(path.name) for path in lab.cache.iterdir())


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_cacher_extends_the_base_class(name):
    """A strategy is a class of cachers, which all extend one base."""
    assert issubclass(getattr(caching, name), Cacheable)


def test_cachers_are_listed_in_the_decorator_one_for_each_output(lab, mode):
    """The page's first block of code: three outputs, three cachers."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"day": [1, 2], "height": [0.5, 1.5]})

    @stage(
        outputs=["dataset", "metrics_dictionary", "model"],
        cachers=[PandasJsonCacher, JsonCacher, PickleCacher],
    )
    def return_all_the_things(record):
        lab.ran(record)
        return frame, {"mean": 1.0}, {1, 2}

    def run(param_sets, manager):
        state = return_all_the_things(Record(manager, param_sets[0])).state
        return state["dataset"], state["metrics_dictionary"], state["model"]

    for executed in ({"return_all_the_things one": 1}, {}):
        dataset, metrics, model = lab.run(run, lab.Params("one"), mode=mode)
        assert lab.executed() == executed
        pandas.testing.assert_frame_equal(dataset, frame)
        assert (metrics, model) == ({"mean": 1.0}, {1, 2})
    suffixes = {path.name.partition("_things_")[2] for path in lab.cache.iterdir()}
    assert suffixes == {
        "dataset.json",
        "dataset_metadata.json",
        "metrics_dictionary.json",
        "metrics_dictionary_metadata.json",
        "model.pkl",
        "model_metadata.json",
    }


@pytest.mark.parametrize(
    ("format", "extension"),
    [
        ("csv", ".csv"),
        ("json", ".json"),
        ("parquet", ".parquet"),
        ("pickle", ".pkl"),
        ("orc", ".orc"),
        ("hdf5", ".h5"),
        ("excel", ".xlsx"),
        ("xml", ".xml"),
    ],
)
def test_the_pandas_cacher_stores_a_frame_in_the_format_asked_for(lab, format, extension):
    """The general cacher for data frames takes the name of a format."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"day": [1, 2], "height": [0.5, 1.5]})
    for value in keep(lab, frame, PandasCacher(format=format)):
        pandas.testing.assert_frame_equal(value, frame)
    assert lab.file(f"_make_thing{extension}").stat().st_size > 0


@pytest.mark.parametrize(
    ("shortcut", "format"), [(PandasCsvCacher, "csv"), (PandasJsonCacher, "json")]
)
def test_the_two_pandas_shortcuts_write_what_the_general_cacher_writes(tmp_path, shortcut, format):
    """CSV and JSON have a class of their own, which does the same."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"day": [1, 2], "harbour": ["north", "south"]})
    shortcut(tmp_path / "short").save(frame)
    PandasCacher(tmp_path / "long", format=format).save(frame)
    assert (tmp_path / "short").read_bytes() == (tmp_path / "long").read_bytes()


def test_the_pandas_json_cacher_writes_an_array_of_objects_keyed_by_column(lab):
    """A row is a JSON object, whose keys are the names of the columns."""
    pandas = pytest.importorskip("pandas")
    keep(lab, pandas.DataFrame({"day": [1, 2], "height": [0.5, 1.5]}), PandasJsonCacher)
    rows = json.loads(lab.file("_thing.json").read_text())
    assert rows == [{"day": 1, "height": 0.5}, {"day": 2, "height": 1.5}]


@pytest.mark.parametrize("several", [False, True])
def test_the_file_reference_cacher_keeps_paths_of_one_or_more_files_as_json(lab, several):
    """It stores where files lie, and not what is in them."""
    paths = [str(lab.root / name) for name in ("north.txt", "south.txt")]
    for path in paths:
        with open(path, "w") as file:
            file.write("tides")
    value = paths if several else paths[0]
    assert keep(lab, value, FileReferenceCacher) == (value, value)
    assert json.loads(lab.file("_thing.json").read_text()) == value


def test_the_notebook_cacher_turns_lists_of_lines_into_a_notebook(lab):
    """A list of cells, each a list of lines of Python, becomes a notebook."""
    nbformat = pytest.importorskip("nbformat")
    cells = [["import math", "r = 2"], ["math.pi * r**2"]]
    assert keep(lab, cells, RawJupyterNotebookCacher) == (cells, cells)
    notebook = nbformat.read(lab.file("_thing.ipynb"), as_version=4)
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert sources == ["import math\nr = 2", "math.pi * r**2"]


@dataclass
class Harbour:
    """Something that only pickle can keep."""

    name: str
    depths: dict[tuple[int, int], float] = field(default_factory=dict)


@pytest.mark.parametrize(
    "value",
    [Harbour("north", {(0, 1): 2.5}), {1, 2}, b"\x00\xff", {(1, 2): complex(1, 2)}, range(3), None],
)
def test_most_things_can_be_kept_with_the_pickle_cacher(lab, value):
    """When nothing else fits, pickle mostly does."""
    assert keep(lab, value, PickleCacher) == (value, value)


def test_what_the_json_cacher_wrote_can_be_read_with_the_eye(lab):
    """No script is needed to view such an artifact: it is indented text."""
    keep(lab, {"harbour": "Ærø", "depths": [2.5, 3]}, JsonCacher)
    lines = lab.file("_thing.json").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["{", '  "harbour": "Ærø",']
    assert any(line.strip() == "2.5," for line in lines)
