"""What the page says about cachers that users write themselves."""

from __future__ import annotations

import json
import os
import pickle
import threading
from pathlib import Path

import pytest

from curifactory import Record, stage
from curifactory.caching import Cacheable, JsonCacher, PickleCacher
from curifactory.errors import ArtifactSaveError


class Model:
    """Weights that refuse to be pickled, as some libraries' models do."""

    def __init__(self, weights: dict[str, float] | None = None) -> None:
        self.weights = weights or {}
        self.lock = threading.Lock()

    def state_dict(self) -> dict[str, float]:
        return self.weights

    def load_state_dict(self, weights: dict[str, float]) -> None:
        self.weights = weights


class Trained:
    """A class of a project that holds such a model beside plain facts."""

    def __init__(self, epochs: int, model: Model) -> None:
        self.epochs = epochs
        self.model = model

    def __getstate__(self) -> dict:
        return {"epochs": self.epochs}

    def __setstate__(self, state: dict) -> None:
        self.epochs, self.model = state["epochs"], Model()


class TrainedCacher(Cacheable):
    """The page's cacher of two files, for `Trained`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, extension=".model_obj", **kwargs)

    def save(self, obj):
        with open(self.get_path("_model"), "w") as file:
            json.dump(obj.model.state_dict(), file)
        with open(self.get_path(), "wb") as file:
            pickle.dump(obj, file)

    def load(self):
        with open(self.get_path(), "rb") as file:
            obj = pickle.load(file)
        with open(self.get_path("_model")) as file:
            obj.model.load_state_dict(json.load(file))
        return obj


class TextCacher(Cacheable):
    """The least that a cacher can be."""

    def save(self, obj):
        Path(self.get_path()).write_text(obj)

    def load(self):
        return Path(self.get_path()).read_text()


def train_with(lab, cacher):
    """An experiment whose one stage returns a `Trained`; gives epochs and weights of each."""

    @stage(outputs=["trained_model"], cachers=[cacher])
    def train_model(record):
        lab.ran(record)
        return Trained(record.params.size, Model({"bias": record.params.factor / 2}))

    def run(param_sets, manager):
        records = [train_model(Record(manager, params)) for params in param_sets]
        trained = [record.state["trained_model"] for record in records]
        return [(one.epochs, one.model.state_dict()) for one in trained]

    return run


def make_text(lab, cacher, **options):
    """A live stage that saves the text `tides` through this cacher; gives manager and record."""

    @stage(outputs=["text"], cachers=[cacher])
    def write(record):
        lab.ran(record)
        return "tides"

    manager = lab.manager(**options)
    return manager, write(Record(manager, lab.Params("one")))


def test_what_even_pickle_cannot_keep_is_a_clear_error(lab):
    """Some objects cannot be pickled; the error says which output of which stage."""

    @stage(outputs=["model"], cachers=[PickleCacher])
    def train(record):
        return Model()

    def run(param_sets, manager):
        train(Record(manager, param_sets[0]))

    with pytest.raises(ArtifactSaveError, match=r"PickleCacher .* output 'model' of stage 'train'"):
        lab.run(run, lab.Params("one"))
    assert list(lab.cache.iterdir()) == []


def test_a_class_of_the_users_own_is_listed_like_a_built_in_one(lab, mode):
    """For such objects one writes a cacher and plugs it into the decorator in the same way."""
    run = train_with(lab, TrainedCacher)
    expected = [(3, {"bias": 1.0})]
    assert lab.run(run, lab.Params("one"), mode=mode) == expected
    assert lab.executed() == {"train_model one": 1}
    assert lab.run(run, lab.Params("one"), mode=mode) == expected
    assert lab.executed() == {}


def test_a_cacher_needs_no_more_than_save_and_load(lab):
    """It extends the base class and has the two functions."""
    for _ in range(2):
        assert make_text(lab, TextCacher)[1].state["text"] == "tides"
    assert lab.executed() == {"write one": 1}


@pytest.mark.parametrize("missing", ["save", "load"])
def test_a_cacher_without_one_of_the_two_says_so(tmp_path, missing):
    """Both functions are required."""
    cacher = Cacheable(tmp_path / "thing")
    arguments = (1,) if missing == "save" else ()
    with pytest.raises(NotImplementedError, match=rf"Cacheable has no {missing}\("):
        getattr(cacher, missing)(*arguments)


def test_save_gets_the_artifact_and_load_gives_it_back(lab):
    """`save(obj)` puts on disk what the stage returned, `load()` makes it again."""
    seen = []

    class Watched(TextCacher):
        def save(self, obj):
            seen.append(("save", obj))
            super().save(obj)

        def load(self):
            seen.append(("load", super().load()))
            return seen[-1][1]

    make_text(lab, Watched)
    assert seen == [("save", "tides")]
    assert make_text(lab, Watched)[1].state["text"] == "tides"
    assert seen == [("save", "tides"), ("load", "tides")]


def test_get_path_is_the_full_path_with_the_versioned_name(lab):
    """A cacher need not know how artifacts are named."""
    _, record = make_text(lab, TextCacher(extension=".txt"))
    expected = os.path.join("data/cache", f"lab_{record.get_hash()}_write_text.txt")
    assert os.path.relpath(record.stage_cachers[0].get_path()) == expected
    assert Path(expected).read_text() == "tides"


def test_a_suffix_makes_a_further_file_of_the_same_artifact(lab):
    """More files, or another ending: say so to `get_path`."""
    lab.run(train_with(lab, TrainedCacher), lab.Params("one"))
    stem = f"lab_{lab.Params('one').params_hash()}_train_model_trained_model"
    names = sorted(path.name for path in lab.cache.iterdir())
    assert names == [f"{stem}.model_obj", f"{stem}_metadata.json", f"{stem}_model"]


def test_the_cacher_of_two_files_saves_facts_and_model_apart_and_unites_them(lab):
    """The plain class is in one file, the model in the other; loading puts it back in place."""
    run = train_with(lab, TrainedCacher)
    lab.run(run, lab.Params("one"))
    with open(lab.file(".model_obj"), "rb") as file:
        plain = pickle.load(file)
    assert (plain.epochs, plain.model.state_dict()) == (3, {})
    assert json.loads(lab.file("_trained_model_model").read_text()) == {"bias": 1.0}
    assert lab.run(run, lab.Params("one")) == [(3, {"bias": 1.0})]


def test_losing_one_of_two_files_is_losing_the_artifact(lab):
    """An artifact of two files is there only when both are."""
    run = train_with(lab, TrainedCacher)
    lab.run(run, lab.Params("one"))
    lab.file("_trained_model_model").unlink()
    lab.executed()
    assert lab.run(run, lab.Params("one")) == [(3, {"bias": 1.0})]
    assert lab.executed() == {"train_model one": 1}


def test_passing_arguments_on_gives_a_cacher_all_that_cachers_can_be_told(lab):
    """With `*args` and `**kwargs` passed on, the arguments of cachers work for one's own too."""
    run = train_with(lab, TrainedCacher(subdir="models", prefix="shared", track=False))
    lab.run(run, lab.Params("one"))
    names = {path.name for path in (lab.cache / "models").iterdir()}
    stem = f"shared_{lab.Params('one').params_hash()}_train_model_trained_model"
    assert names == {f"{stem}.model_obj", f"{stem}_metadata.json", f"{stem}_model"}
    positional = TrainedCacher(str(lab.root / "by_hand.model_obj"))
    assert positional.get_path() == str(lab.root / "by_hand.model_obj")


def test_a_full_store_has_exactly_the_files_whose_paths_were_given_out(lab):
    """The paths that a cacher asked for are what is copied, the name of each unchanged."""

    class Several(TextCacher):
        def save(self, obj):
            super().save(obj)
            Path(self.get_path("something.json")).write_text("{}")
            Path(self.get_path() + "astray.json").write_text("{}")

    manager, record = make_text(lab, Several, store_full=True)
    stem = f"lab_{record.get_hash()}_write_text"
    assert (lab.cache / f"{stem}astray.json").exists()
    stored = {path.name for path in Path(manager.get_run_output_path("artifacts")).iterdir()}
    assert stored == {stem, f"{stem}something.json", f"{stem}_metadata.json"}


def test_a_folder_from_get_dir_is_tracked_with_all_that_is_in_it(lab):
    """Many files, or paths of one's own making, go below the path that `get_dir` gives."""

    class Folder(Cacheable):
        def save(self, obj):
            for depth in ("", "deep", "deep/deeper"):
                folder = Path(self.get_dir(), depth)
                folder.mkdir(exist_ok=True)
                (folder / "part.txt").write_text(obj)

        def load(self):
            return (Path(self.get_dir()) / "deep/deeper/part.txt").read_text()

    manager, record = make_text(lab, Folder, store_full=True)
    store = Path(manager.get_run_output_path("artifacts"))
    for top in (lab.cache, store):
        folder = top / f"lab_{record.get_hash()}_write_text"
        files = {str(path.relative_to(folder)) for path in folder.rglob("*.txt")}
        assert files == {"part.txt", "deep/part.txt", "deep/deeper/part.txt"}
    assert make_text(lab, Folder)[1].state["text"] == "tides"


def test_a_stage_with_inputs_takes_such_a_cacher_too(lab, mode):
    """The last block: a stage that trains from inputs, with the class in its list of cachers."""

    @stage(outputs=["data"], cachers=[JsonCacher])
    def measure(record):
        lab.ran(record)
        return {"bias": 0.5}

    @stage(inputs=["data"], outputs=["trained_model"], cachers=[TrainedCacher])
    def train_model(record, data):
        lab.ran(record)
        return Trained(7, Model(data))

    def run(param_sets, manager):
        return train_model(measure(Record(manager, param_sets[0]))).output.model.state_dict()

    assert lab.run(run, lab.Params("one"), mode=mode) == {"bias": 0.5}
    assert lab.run(run, lab.Params("one"), mode=mode) == {"bias": 0.5}
    assert lab.executed() == {"measure one": 1, "train_model one": 1}
