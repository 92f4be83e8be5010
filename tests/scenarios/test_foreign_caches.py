"""Caches that came from elsewhere: what lies in their pickles is not run unless it is trusted.

A pickle can run anything when it is loaded. Here it makes a file, so that a test can tell.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from curifactory import Lazy, Record, stage
from curifactory.caching import Cacheable, JsonCacher, PandasCacher, PickleCacher
from curifactory.errors import ConfigurationError, UnusableArtifactError
from curifactory.store import seal
from curifactory.store.digest import digest_file
from curifactory.store.metadata import parse, render

EXPERIMENT = """\
    import os

    from counting import ran
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import PickleCacher
    from curifactory.reporting import HTMLReporter

    def explode(path):
        open(path, "w").close()
        return "unpickled"

    class Bomb:
        def __reduce__(self):
            return explode, (os.environ["BOMB"],)

    @stage(None, ["model", "data"], [PickleCacher, PickleCacher])
    def train(record):
        ran("train", record)
        record.report(HTMLReporter("<b>trained well</b>", name="how"))
        return Bomb(), "data"

    @stage(["model", "data"], ["score"])
    def use(record, model, data):
        ran("use", record)
        print("model is", type(model).__name__, "and data is", data)
        return 1

    def get_params():
        return [ExperimentParameters("a")]

    def run(param_sets, manager):
        for params in param_sets:
            use(train(Record(manager, params)))
    """


@pytest.fixture
def foreign(project):
    """A project whose cache and full store were written by somebody with another key."""
    project.write("experiments/exp.py", EXPERIMENT)
    run_as(project, "them", "own", "--store-full")
    assert project.executed() == {"train a": 1, "use a": 1}
    assert not bomb(project).exists()
    return project


def bomb(project) -> Path:
    return project.root.parent / "exploded"


def run_as(project, who, trust, *options) -> str:
    environment = {
        "XDG_CONFIG_HOME": str(project.root.parent / who),
        "CURIFACTORY_TRUST_PICKLE": trust,
        "BOMB": str(bomb(project)),
    }
    return project.succeed("exp", *options, **environment)


def test_with_always_a_foreign_pickle_runs_as_pickles_do(foreign):
    run_as(foreign, "me", "always")
    assert bomb(foreign).exists()
    assert foreign.executed() == {"use a": 1}


@pytest.mark.parametrize(
    ("trust", "options"),
    [
        *(("own", option) for option in ((), ("--no-dag",), ("--lazy",), ("--no-dag", "--lazy"))),
        *(("never", option) for option in ((), ("--no-dag",))),
    ],
)
def test_a_foreign_pickle_is_not_loaded_and_its_stage_runs_again(foreign, trust, options):
    said = run_as(foreign, "me", trust, *options)
    assert foreign.executed() == {"train a": 1, "use a": 1}
    assert "model is " in said
    # what is made here is sealed here, and a lazy output is then loaded like any other
    assert bomb(foreign).exists() is ("--lazy" in options)


def test_with_never_a_lazy_pickle_is_a_named_error(foreign):
    done = foreign.command(
        "exp", "--lazy", CURIFACTORY_TRUST_PICKLE="never", BOMB=str(bomb(foreign))
    )
    assert done.returncode == 1
    assert "trust_pickle is 'never'" in done.stderr
    assert "stage 'train' of record 'a'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not bomb(foreign).exists()


def test_the_reason_stands_in_the_plan(foreign):
    plan = run_as(foreign, "me", "own", "--map")
    assert "was not written by you, and trust_pickle is 'own'" in plan
    assert foreign.executed() == {}
    assert not bomb(foreign).exists()


@pytest.mark.parametrize("trust", ["own", "never"])
def test_a_colleagues_full_store_is_used_without_running_their_bytes(foreign, trust):
    (store,) = (foreign.root / "data" / "runs").iterdir()
    shutil.rmtree(foreign.cache)
    run_as(foreign, "me", trust, "--cache", str(store), "--dry-cache")
    assert foreign.executed() == {"train a": 1, "use a": 1}
    assert not bomb(foreign).exists()


def test_what_was_sealed_here_is_loaded_here_and_not_elsewhere(foreign):
    run_as(foreign, "them", "own")
    assert foreign.executed() == {"use a": 1}
    assert bomb(foreign).exists()


def test_a_foreign_report_is_shown_since_nothing_in_it_is_unpickled(project):
    experiment = EXPERIMENT.replace("[PickleCacher, PickleCacher]", "[JsonCacher, JsonCacher]")
    experiment = experiment.replace("PickleCacher", "JsonCacher").replace("Bomb(), ", "1, ")
    project.write("experiments/exp.py", experiment)
    run_as(project, "them", "own", "--no-report")
    project.executed()
    run_as(project, "me", "never")
    assert project.executed() == {"use a": 1}
    (page,) = (project.root / "reports").glob("exp_2_*/index.html")
    assert "<b>trained well</b>" in page.read_text()


# ------------------------------------------------------- in one process, artifact by artifact


class Exploding:
    """What makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def forget():
    """As in a new process."""
    seal.own_key.cache_clear()
    seal._own_mark.cache_clear()
    seal._known.clear()


@pytest.fixture
def trust(tmp_path, monkeypatch):
    """Sets ``trust_pickle`` and whose key it is; nothing is known of files seen before."""

    def choose(what, who="me", verify="full"):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / who))
        monkeypatch.setenv("CURIFACTORY_TRUST_PICKLE", what)
        monkeypatch.setenv("CURIFACTORY_VERIFY", verify)
        forget()

    yield choose
    forget()


@pytest.fixture
def exploded(tmp_path):
    return tmp_path / "exploded"


def plant(path: Path, exploded: Path) -> None:
    """Put another pickle in place of this one, of the same size if there is room."""
    size, payload = path.stat().st_size, pickle.dumps(Exploding(exploded))
    path.write_bytes(payload.ljust(size, b"\0"))


def forge(path: Path) -> None:
    """Let the metadata beside a file say that its bytes are as they were saved."""
    metadata = path.with_name(path.stem + "_metadata.json")
    document = parse(metadata.read_bytes())
    (entry,) = document["commit"]["files"]
    entry[1:] = [path.stat().st_size, digest_file(str(path))]
    metadata.write_bytes(render(document))


def training(lab, cacher, lazy=False):
    @stage(None, [Lazy("model") if lazy else "model"], [cacher])
    def train(record):
        lab.ran(record)
        return "m" * 1000

    return train


@pytest.mark.parametrize("verify", ["full", "size"])
def test_a_forged_pickle_with_new_digests_is_refused_by_its_seal(lab, trust, exploded, verify):
    trust("own", verify=verify)
    train = training(lab, PickleCacher)

    def run(param_sets, manager):
        return train(Record(manager, param_sets[0])).state["model"]

    lab.run(run, lab.Params("a"), mode="live")
    lab.run(run, lab.Params("a"), mode="live")
    assert lab.executed() == {"train a": 1}, "one's own artifact is loaded"
    plant(lab.file("model.pkl"), exploded)
    forge(lab.file("model.pkl"))
    assert lab.run(run, lab.Params("a"), mode="live") == "m" * 1000
    assert lab.executed() == {"train a": 1}
    assert not exploded.exists()


def test_the_forged_pickle_would_have_run(lab, trust, exploded):
    """What the test above shows hangs on the seal alone."""
    trust("own")
    train = training(lab, PickleCacher)
    train(Record(lab.manager(), lab.Params("a")))
    plant(lab.file("model.pkl"), exploded)
    forge(lab.file("model.pkl"))
    trust("always")
    train(Record(lab.manager(), lab.Params("a")))
    assert exploded.exists()


WAYS_TO_LOAD = {
    "the state": lambda record: record.state["model"],
    "the lazy": lambda record: _unresolved(record).load(),
    "the lazy's cacher": lambda record: _unresolved(record).cacher.load(),
    "the stage's cacher": lambda record: record.stage_cachers[0].load(),
    "a path from the lazy's cacher": lambda record: _unresolved(record).cacher.get_path(),
}


def _unresolved(record) -> Lazy:
    record.state.resolve = False
    return record.state["model"]


@pytest.mark.parametrize("way", WAYS_TO_LOAD)
def test_no_way_to_a_lazy_value_unpickles_what_was_swapped(lab, trust, exploded, way):
    # only sizes are compared, and this has the same: the seal is what is left
    trust("own", verify="size")
    record = training(lab, PickleCacher, lazy=True)(Record(lab.manager(), lab.Params("a")))
    plant(lab.file("model.pkl"), exploded)
    with pytest.raises(UnusableArtifactError, match="model"):
        WAYS_TO_LOAD[way](record)
    assert not exploded.exists()


def test_sizes_alone_would_not_have_kept_it_out(lab, trust, exploded):
    trust("always", verify="size")
    record = training(lab, PickleCacher, lazy=True)(Record(lab.manager(), lab.Params("a")))
    plant(lab.file("model.pkl"), exploded)
    _unresolved(record).load()
    assert exploded.exists()


@pytest.mark.parametrize("way", WAYS_TO_LOAD)
def test_with_own_ones_own_lazy_value_loads_in_every_way(lab, trust, way):
    trust("own")
    record = training(lab, PickleCacher, lazy=True)(Record(lab.manager(), lab.Params("a")))
    assert WAYS_TO_LOAD[way](record) in (
        "m" * 1000,
        str(lab.file("model.pkl").relative_to(lab.root)),
    )


class UsersOwn(Cacheable):
    """A user's cacher that says nothing of itself: who knows what its load does."""

    def save(self, obj):
        Path(self.get_path("_x.pkl")).write_bytes(pickle.dumps(obj))

    def load(self):
        return pickle.loads(Path(self.get_path("_x.pkl")).read_bytes())


class LoadsInItsOwnWay(JsonCacher):
    """Its parent never unpickles; what this one does is not known."""

    def save(self, obj):
        Path(self.get_path()).write_bytes(pickle.dumps(obj))

    def load(self):
        return pickle.loads(Path(self.get_path()).read_bytes())


class ChecksByLoading(PickleCacher):
    def check(self):
        return os.path.exists(self.get_path()) and self.load() is not None


class InAFolder(Cacheable):
    """Loads whatever lies in its folder."""

    def save(self, obj):
        Path(self.get_dir(), "one.pkl").write_bytes(pickle.dumps(obj))

    def load(self):
        paths = sorted(Path(self.get_dir()).iterdir())
        first, *_ = [pickle.loads(path.read_bytes()) for path in paths]
        return first


@pytest.mark.parametrize("what", ["own", "never"])
@pytest.mark.parametrize("cacher", [UsersOwn, LoadsInItsOwnWay, ChecksByLoading, InAFolder])
def test_every_cacher_that_may_unpickle_is_kept_from_foreign_bytes(
    lab, trust, exploded, cacher, what
):
    trust("own", "them")
    training(lab, cacher)(Record(lab.manager(), lab.Params("a")))
    (path,) = [p for p in lab.cache.rglob("*") if p.is_file() and "metadata" not in p.name]
    plant(path, exploded)
    metadata = next(lab.cache.glob("*_metadata.json"))
    document = parse(metadata.read_bytes())
    document["commit"]["files"][0][1:] = [path.stat().st_size, digest_file(str(path))]
    metadata.write_bytes(render(document))
    lab.executed()
    trust(what, "me")
    training(lab, cacher)(Record(lab.manager(), lab.Params("a")))
    assert lab.executed() == {"train a": 1}
    assert not exploded.exists()


def test_a_check_that_loads_gets_no_forged_bytes(lab, trust, exploded):
    trust("own")
    train = training(lab, ChecksByLoading)
    train(Record(lab.manager(), lab.Params("a")))
    plant(lab.file("model.pkl"), exploded)
    # the seal still names this installation: only the bytes can tell that it is no more true
    forge(lab.file("model.pkl"))
    train(Record(lab.manager(), lab.Params("a")))
    assert lab.executed() == {"train a": 2}
    assert not exploded.exists()


def test_a_file_that_was_added_to_a_folder_is_not_given_out(lab, trust, exploded):
    trust("own")
    record = training(lab, InAFolder, lazy=True)(Record(lab.manager(), lab.Params("a")))
    (folder,) = [path for path in lab.cache.iterdir() if path.is_dir()]
    (folder / "another.pkl").write_bytes(pickle.dumps(Exploding(exploded)))
    with pytest.raises(UnusableArtifactError, match="does not belong to"):
        _unresolved(record).cacher.load()
    assert not exploded.exists()


@pytest.mark.parametrize("what", ["own", "never"])
def test_formats_that_hold_no_code_are_used_whoever_wrote_them(lab, trust, what):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1.5, 2.5]})
    cachers = [JsonCacher, PandasCacher(format="csv"), PandasCacher(format="parquet")]

    @stage(None, ["j", "c", "p"], cachers)
    def make(record):
        lab.ran(record)
        return [1], frame, frame

    trust("own", "them")
    make(Record(lab.manager(), lab.Params("a")))
    trust(what, "me")
    record = make(Record(lab.manager(), lab.Params("a")))
    assert lab.executed() == {"make a": 1}
    assert record.state["p"].equals(frame)


def test_an_artifact_without_any_seal_is_foreign(lab, trust):
    train = training(lab, PickleCacher)
    trust("always")
    train(Record(lab.manager(), lab.Params("a")))
    trust("own")
    train(Record(lab.manager(), lab.Params("a")))
    assert lab.executed() == {"train a": 2}


def test_metadata_of_an_older_layout_vouches_for_no_pickle(lab, trust, exploded):
    train = training(lab, PickleCacher)
    trust("own")
    train(Record(lab.manager(), lab.Params("a")))
    plant(lab.file("model.pkl"), exploded)
    lab.file("model_metadata.json").write_text(json.dumps({"artifact_name": "model"}))
    train(Record(lab.manager(), lab.Params("a")))
    assert lab.executed() == {"train a": 2}
    assert not exploded.exists()


# ----------------------------------------------------------------------------------- the key


def test_the_key_can_be_read_by_its_user_alone(trust, tmp_path):
    trust("own")
    before = os.umask(0)
    try:
        key = seal.own_key()
    finally:
        os.umask(before)
    path = tmp_path / "me" / "curifactory" / "seal.key"
    assert path.read_bytes() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_with_always_no_key_is_made(lab, trust, tmp_path):
    trust("always")
    training(lab, PickleCacher)(Record(lab.manager(), lab.Params("a")))
    assert not (tmp_path / "me").exists()


def test_processes_that_make_the_key_at_once_have_one_key(tmp_path):
    code = (
        "import sys\n"
        "from curifactory.store.seal import own_key\n"
        "sys.stdin.readline()\n"
        "print(own_key().hex())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate()[0] for process in processes}
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "curifactory").iterdir()] == ["seal.key"]


def test_a_key_that_another_process_made_meanwhile_stays(trust, tmp_path, monkeypatch):
    trust("own")
    path = tmp_path / "me" / "curifactory" / "seal.key"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"k" * 32)
    # it came after this process had looked
    monkeypatch.setattr(os.path, "exists", lambda _: False)
    assert seal.own_key() == b"k" * 32
    assert [file.name for file in path.parent.iterdir()] == ["seal.key"]


def test_a_key_that_is_none_is_a_named_error(trust, tmp_path):
    trust("own")
    path = tmp_path / "me" / "curifactory" / "seal.key"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"short")
    with pytest.raises(ConfigurationError, match=r"has 5 bytes, not 32\. Remove it"):
        seal.own_key()


def test_a_place_where_no_key_can_be_made_is_a_named_error(trust, tmp_path):
    trust("own")
    (tmp_path / "me").write_text("a file where the folder should be")
    with pytest.raises(ConfigurationError, match="Set trust_pickle to 'always' to go without"):
        seal.own_key()
