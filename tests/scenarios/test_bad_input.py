"""Whatever is wrong, there is one clear error that says what, where and what to do."""

from __future__ import annotations

import os
import pickle
import resource
import subprocess
import sys
import types

import pytest

from curifactory import (
    ArtifactManager,
    CachersMismatchError,
    EmptyCachersError,
    InputSignatureError,
    OutputSignatureError,
    Record,
    stage,
)
from curifactory.caching import Cacheable, JsonCacher, PickleCacher
from curifactory.errors import (
    ArtifactSaveError,
    ConfigurationError,
    CurifactoryError,
    DefinitionError,
    InvalidNameError,
    MissingInputError,
    SlotCollisionError,
    UnhashableValueError,
)


@pytest.fixture
def record(lab):
    return Record(lab.manager(), lab.Params("small"))


def text_of(error) -> str:
    """What a user reads: the message and its notes."""
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def stage_that(returned, outputs, cachers=None):
    @stage(outputs=outputs, cachers=cachers)
    def produce(record):
        return returned

    return produce


# ------------------------------------------------------------- signatures


@pytest.mark.parametrize("returned", [(1, 2), (1, 2, 3, 4), [1, 2, 3], 1, None])
def test_a_wrong_number_of_outputs(record, lab, returned):
    with pytest.raises(OutputSignatureError, match="3 outputs") as raised:
        stage_that(returned, ["a", "b", "c"], [JsonCacher] * 3)(record)
    for part in ("produce", __file__, "a, b, c", "small"):
        assert part in text_of(raised.value)
    assert list(lab.cache.iterdir()) == []


def test_a_tuple_is_not_one_output(record):
    with pytest.raises(OutputSignatureError, match=r"return \(value,\)"):
        stage_that((1, 2), ["pair"])(record)
    assert stage_that(((1, 2),), ["pair"])(record).state["pair"] == (1, 2)


@pytest.mark.parametrize("cachers", [[JsonCacher], [JsonCacher] * 3])
def test_a_wrong_number_of_cachers(record, cachers):
    produce = stage_that((1, 2), ["a", "b"], cachers)
    with pytest.raises(CachersMismatchError, match=f"'produce' has 2 .* {len(cachers)} cachers"):
        produce(record)


def test_an_empty_list_of_cachers(record):
    with pytest.raises(EmptyCachersError, match="'produce'"):
        stage_that(1, ["a"], [])(record)


@pytest.mark.parametrize("cacher", ["json", dict, 3, JsonCacher.save])
def test_something_else_in_place_of_a_cacher(record, cacher):
    with pytest.raises(DefinitionError, match="'produce'"):
        stage_that(1, ["a"], [cacher])(record)


def test_an_input_that_nobody_makes(record):
    @stage(["numbers"], ["total"])
    def add(record, numbers):
        return sum(numbers)

    record.state["number"] = 3
    with pytest.raises(MissingInputError) as raised:
        add(record)
    for part in ("'add'", "'numbers'", "small", __file__, "In its state: number"):
        assert part in text_of(raised.value)


def test_an_input_that_the_function_does_not_take(record):
    @stage(["numbers"], ["total"])
    def add(record):
        return 0

    record.state["numbers"] = []
    with pytest.raises(InputSignatureError, match=r"'add' .*'numbers'"):
        add(record)


def test_an_output_named_twice(record):
    with pytest.raises(DefinitionError, match="'produce' names 'a' twice"):
        stage_that((1, 2), ["a", "a"])(record)


def test_something_else_in_place_of_a_record(lab):
    with pytest.raises(DefinitionError, match=r"'produce' .* with Params in place of a record"):
        stage_that(1, ["a"])(lab.Params("small"))


# --------------------------------------------- two things that meet in one file


def named_stage(name, outputs, cachers, module=__name__):
    def function(record):
        return tuple(range(len(outputs))) if len(outputs) > 1 else 0

    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    return stage(outputs=outputs, cachers=cachers)(function)


class NoExtension(Cacheable):
    def save(self, obj):
        with open(self.get_path(), "wb") as file:
            pickle.dump(obj, file)

    def load(self):
        with open(self.get_path(), "rb") as file:
            return pickle.load(file)


COLLISIONS = {
    "an output and the metadata of another": [
        ("produce", ["x", "x_metadata"], [JsonCacher, JsonCacher], "one")
    ],
    "an output and another with its extension": [
        ("produce", ["x", "x.pkl"], [PickleCacher, NoExtension], "one")
    ],
    "an output that is spelled with its extension": [
        ("produce", ["x", "x.pkl"], [PickleCacher, PickleCacher], "one")
    ],
    "an underscore that moves from output to stage": [
        ("a", ["b_c"], [JsonCacher], "one"),
        ("a_b", ["c"], [JsonCacher], "one"),
    ],
    "stages of one name in two modules": [
        ("produce", ["x"], [JsonCacher], "one"),
        ("produce", ["x"], [JsonCacher], "two"),
    ],
    "one path written out for two outputs": [
        ("produce", ["x"], [JsonCacher("given.json")], "one"),
        ("make", ["y"], [JsonCacher("given.json")], "one"),
    ],
}


@pytest.mark.parametrize("which", COLLISIONS)
def test_two_artifacts_never_meet_in_one_file(lab, which, mode):
    stages = [named_stage(*arguments) for arguments in COLLISIONS[which]]

    def run(param_sets, manager):
        record = Record(manager, param_sets[0])
        for one in stages:
            one(record)

    with pytest.raises(SlotCollisionError) as raised:
        lab.run(run, lab.Params("small"), mode=mode)
    for part in ("one file", "small", f"'{COLLISIONS[which][0][0]}'", COLLISIONS[which][0][3]):
        assert part in text_of(raised.value)


def test_a_cell_that_defines_a_stage_again_replaces_it(record):
    first, second = (named_stage("produce", ["x"], [JsonCacher]) for _ in range(2))
    assert second(first(record)).state["x"] == 0


# ------------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["a/b", "a\\b", "a\0b", "..", "", "n" * 300, "a\nb"])
def test_a_name_that_cannot_be_part_of_a_path(record, lab, name):
    with pytest.raises(InvalidNameError) as raised:
        stage_that(1, [name], [JsonCacher])(record)
    assert "name" in str(raised.value)
    assert len(str(raised.value)) < 400
    assert [path.name for path in lab.cache.rglob("*") if path.name.startswith("lab_")] == []


# -------------------------------------------------------- things that raise


class Explosion(Exception):
    """What user code raises."""


def test_a_stage_that_raises_keeps_its_exception_and_what_was_finished(lab, mode):
    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return [1, 2]

    @stage(["numbers"], ["total"], [JsonCacher])
    def add(record, numbers):
        lab.ran(record)
        if broken:
            raise Explosion("it burst")
        return sum(numbers)

    def run(param_sets, manager):
        return add(make(Record(manager, param_sets[0]))).state["total"]

    broken = True
    with pytest.raises(Explosion) as raised:
        lab.run(run, lab.Params("small"), mode=mode)
    for part in ("it burst", "in stage 'add'", __file__, "record 'small_", "called at"):
        assert part in text_of(raised.value)
    broken = False
    assert lab.run(run, lab.Params("small"), mode=mode) == 3
    assert lab.executed() == {"make small": 1, "add small": 2}


class FailsHalfway(Cacheable):
    """A user's cacher that fails after it has written something."""

    def save(self, obj):
        with open(self.get_path(), "w") as file:
            file.write("half of i")
        if obj == "bad":
            raise Explosion("while saving")

    def load(self):
        with open(self.get_path()) as file:
            return file.read()


def test_a_save_of_a_users_cacher_that_raises_commits_nothing(lab, mode):
    @stage(outputs=["whole", "text"], cachers=[JsonCacher, FailsHalfway])
    def produce(record):
        lab.ran(record)
        return 1, value

    def run(param_sets, manager):
        return produce(Record(manager, param_sets[0])).state["text"]

    value = "bad"
    for _ in range(2):
        with pytest.raises(Explosion, match="while saving") as raised:
            lab.run(run, lab.Params("small"), mode=mode)
        assert "in stage 'produce'" in text_of(raised.value)
    assert not list(lab.cache.glob("*_metadata.json"))
    value = "good"
    assert lab.run(run, lab.Params("small"), mode=mode) == "good"
    assert lab.run(run, lab.Params("small"), mode=mode) == "half of i"
    assert lab.executed() == {"produce small": 3}


def unpicklable():
    return types.SimpleNamespace(function=lambda: 1)


@pytest.mark.parametrize(
    ("cacher", "value"),
    [(PickleCacher, unpicklable()), (JsonCacher, {("a", "tuple"): object})],
    ids=["pickle", "json"],
)
def test_a_value_that_cannot_be_stored(lab, cacher, value, mode):
    def run(param_sets, manager):
        if cacher is JsonCacher:
            value.clear()
            value["self"] = value
        return stage_that(value, ["thing"], [cacher])(Record(manager, param_sets[0]))

    with pytest.raises(ArtifactSaveError) as raised:
        lab.run(run, lab.Params("small"), mode=mode)
    for part in (cacher.__name__, "'thing'", "'produce'", "small", str(lab.cache.name)):
        assert part in text_of(raised.value)
    assert not list(lab.cache.iterdir())


@pytest.fixture
def little_room():
    """No file of this process can grow beyond 200 kB, as on a disk that is nearly full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_that_is_full_says_which_file_and_keeps_the_rest(lab, little_room, mode):
    @stage(outputs=["small"], cachers=[PickleCacher])
    def fits(record):
        lab.ran(record)
        return b"x" * 1000

    @stage(["small"], ["large"], [PickleCacher])
    def grows(record, small):
        lab.ran(record)
        return small * size

    def run(param_sets, manager):
        return len(grows(fits(Record(manager, param_sets[0]))).state["large"])

    size = 1000
    with pytest.raises(ArtifactSaveError) as raised:
        lab.run(run, lab.Params("small"), mode=mode)
    for part in ("'grows'", "small", "_grows_large.pkl", "File too large"):
        assert part in text_of(raised.value)
    assert sorted(path.name[-15:] for path in lab.cache.iterdir()) == [
        "_fits_small.pkl",
        "l_metadata.json",
    ]
    size = 10
    assert lab.run(run, lab.Params("small"), mode=mode) == 10_000
    assert lab.executed() == {"fits small": 1, "grows small": 2}


def test_an_overwrite_that_finds_no_room_keeps_the_old_value(lab, little_room, mode):
    @stage(outputs=["thing"], cachers=[PickleCacher])
    def produce(record):
        lab.ran(record)
        return b"x" * size

    def run(param_sets, manager):
        return len(produce(Record(manager, param_sets[0])).state["thing"])

    size = 1000
    assert lab.run(run, lab.Params("small"), mode=mode) == 1000
    size = 1_000_000
    with pytest.raises(ArtifactSaveError):
        lab.run(run, lab.Params("small"), mode=mode, overwrite=True)
    assert lab.run(run, lab.Params("small"), mode=mode) == 1000
    assert lab.executed() == {"produce small": 2}


def test_a_cache_folder_that_is_a_file(lab):
    (lab.root / "data").mkdir()
    lab.cache.write_text("I was here first")
    with pytest.raises(CurifactoryError, match=str(lab.cache.relative_to(lab.root))):
        ArtifactManager("lab")


def test_a_parameter_that_cannot_be_hashed(lab):
    params = lab.Params("small", size=object())
    with pytest.raises(UnhashableValueError) as raised:
        Record(lab.manager(), params)
    for part in ("size", "Params", "hash_representations", "register_encoder"):
        assert part in str(raised.value)


def test_a_broken_configuration_file(lab):
    (lab.root / "curifactory_config.json").write_text('{"cache_path": "a",,}')
    with pytest.raises(ConfigurationError, match=r"curifactory_config\.json"):
        ArtifactManager("lab")


def test_a_path_that_names_a_parameter_that_does_not_exist(record):
    with pytest.raises(DefinitionError, match=r"params\.deptth.*'deptth'"):
        stage_that(1, ["a"], [JsonCacher("{cache}/{params.deptth}.json")])(record)


@pytest.fixture
def small_disk(lab):
    """The cache folder is a file system of its own, of 1 MB; gives what mounts it anew."""

    def mount(options):
        return subprocess.run(["mount", "-t", "tmpfs", *options, str(lab.cache)], check=False)

    lab.cache.mkdir(parents=True)
    if sys.platform != "linux" or os.geteuid() != 0 or mount(["-o", "size=1m", "tmpfs"]).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield lambda options: mount(["-o", f"remount,{options}", "tmpfs"])
    subprocess.run(["umount", str(lab.cache)], check=True)


def test_a_disk_without_room_for_the_next_artifact(lab, small_disk, mode):
    @stage(outputs=["large"], cachers=[PickleCacher])
    def grow(record):
        return b"x" * record.params.size

    def run(param_sets, manager):
        return [len(grow(Record(manager, params)).state["large"]) for params in param_sets]

    sets = [lab.Params("half", size=600_000), lab.Params("other half", size=600_001)]
    with pytest.raises(ArtifactSaveError) as raised:
        lab.run(run, *sets, mode=mode)
    for part in ("'grow'", "'large'", "'other half'", "_grow_large.pkl", "No space left"):
        assert part in text_of(raised.value)
    assert not [path for path in lab.cache.iterdir() if path.name.startswith(".")]
    assert lab.run(run, sets[0], mode=mode) == [600_000]
    assert lab.decisions == {"grow half": "LOAD"}
    lab.file(f"{sets[0].params_hash()}_grow_large.pkl").unlink()
    assert lab.run(run, sets[1], mode=mode) == [600_001]


def test_a_cache_folder_that_cannot_be_written_can_still_be_read(lab, small_disk, mode):
    def run(param_sets, manager):
        records = [Record(manager, params) for params in param_sets]
        return [stage_that(1, ["a"], [JsonCacher])(record).state["a"] for record in records]

    assert lab.run(run, lab.Params("old"), mode=mode) == [1]
    small_disk("ro")
    assert lab.run(run, lab.Params("old"), mode=mode) == [1]
    with pytest.raises(ArtifactSaveError) as raised:
        lab.run(run, lab.Params("old"), lab.Params("new", size=9), mode=mode)
    for part in ("'produce'", "'new'", "data/cache", "Read-only file system"):
        assert part in text_of(raised.value)
