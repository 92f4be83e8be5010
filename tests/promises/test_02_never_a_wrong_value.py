"""Promise 2: whatever happened before, the right value, or the stage again, or a clear error."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

import pytest

from curifactory import Record, stage
from curifactory.caching import Cacheable, JsonCacher, PickleCacher
from curifactory.errors import UnusableArtifactError


class InAFolder(Cacheable):
    """A user's cacher: a folder of files, written in place."""

    def save(self, obj):
        for name, text in obj.items():
            Path(self.get_dir(), name).write_text(text)

    def load(self):
        return {path.name: path.read_text() for path in sorted(Path(self.get_dir()).iterdir())}


@pytest.fixture
def run(lab):
    @stage(
        outputs=["numbers", "twin", "texts"],
        cachers=[JsonCacher, PickleCacher, InAFolder],
    )
    def make(record):
        lab.ran(record)
        size = record.params.size
        return [size] * 4, [size] * 4, {"a": f"{size}", "b": f"{size}"}

    @stage(["numbers", "twin", "texts"], ["seen"])
    def use(record, numbers, twin, texts):
        return [numbers, twin, texts]

    def run(param_sets, manager):
        records = [use(make(Record(manager, params))) for params in param_sets]
        return None if manager.map_mode else [record.state["seen"] for record in records]

    return run


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def replace_by(content):
    return lambda path: path.write_bytes(content)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def replace_by_dangling_link(path):
    path.unlink()
    path.symlink_to("nowhere")


FILES = ("make_numbers.json", "make_twin.pkl", "make_texts/b", "make_numbers_metadata.json")
DAMAGES = {
    "a flipped bit": flip_a_bit,
    "a missing byte": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a byte too many": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "an empty file": replace_by(b""),
    "no file": Path.unlink,
    "something else": replace_by(b'{"schema": 1, "numbers": [7]}'),
    "not even text": replace_by(b"\xff\x00\xfe"),
    "a folder": replace_by_folder,
    "a link to nowhere": replace_by_dangling_link,
}


# the metadata's own digest is over what it says, not over its white space
HARMLESS = {(what, FILES[-1]) for what in ("a missing byte", "a byte too many")}
DAMAGED = [(what, file) for what in DAMAGES for file in FILES if (what, file) not in HARMLESS]


@pytest.mark.parametrize(("damage", "file"), DAMAGED)
def test_a_damaged_file_is_never_taken_for_the_value(lab, run, damage, file):
    params = lab.Params("a", size=5)
    expected = lab.run(run, params)
    lab.executed()
    (path,) = lab.cache.glob(f"*{file}")
    DAMAGES[damage](path)
    assert lab.run(run, params) == expected
    assert lab.executed() == {"make a": 1}
    if damage not in ("no file", "a link to nowhere"):
        stem = path.parent.name if file.endswith("/b") else path.name.removesuffix("_metadata.json")
        assert any(stem in notice for notice in lab.notices), lab.notices
    assert lab.run(run, params) == expected
    assert lab.executed() == {}


@pytest.mark.parametrize("file", FILES)
def test_damage_is_found_in_each_mode(lab, run, file, mode):
    params = lab.Params("a", size=5)
    expected = lab.run(run, params, mode=mode)
    (path,) = lab.cache.glob(f"*{file}")
    flip_a_bit(path)
    lab.executed()
    assert lab.run(run, params, mode=mode) == expected
    assert lab.executed() == {"make a": 1}


def of(lab, params):
    return sorted(lab.cache.glob(f"*_{params.params_hash()}_*"))


def test_an_artifact_under_the_name_of_another_is_refused(lab, run, mode):
    mine, other = lab.Params("mine", size=5), lab.Params("other", size=6)
    expected = lab.run(run, mine, other, mode=mode)
    for path in of(lab, mine):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in of(lab, other):
        target = path.with_name(path.name.replace(other.params_hash(), mine.params_hash()))
        shutil.copytree(path, target) if path.is_dir() else shutil.copy2(path, target)
    lab.executed()
    assert lab.run(run, mine, other, mode=mode) == expected
    assert lab.executed() == {"make mine": 1}


def test_data_of_another_parameter_set_under_the_right_metadata_is_refused(lab, run, mode):
    mine, other = lab.Params("mine", size=5), lab.Params("other", size=6)
    expected = lab.run(run, mine, other, mode=mode)
    first, second = (lab.file(f"{p.params_hash()}_make_numbers.json") for p in (mine, other))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    lab.executed()
    assert lab.run(run, mine, other, mode=mode) == expected
    assert lab.executed() == {"make mine": 1, "make other": 1}


def test_outputs_of_two_calls_of_a_stage_never_meet(lab, mode):
    calls = itertools.count()

    @stage(outputs=["train", "test"], cachers=[JsonCacher, JsonCacher])
    def split(record):
        call = next(calls)
        return [call], [call]

    def run(param_sets, manager):
        record = split(Record(manager, param_sets[0]))
        return None if manager.map_mode else (record.state["train"], record.state["test"])

    lab.run(run, lab.Params("a"), mode=mode)
    old = {path: path.read_bytes() for path in lab.cache.glob("*_train*")}
    lab.run(run, lab.Params("a"), mode=mode, overwrite=True)
    # each half is whole and of the same recipe, but of another call
    for path, content in old.items():
        path.write_bytes(content)
    train, test = lab.run(run, lab.Params("a"), mode=mode)
    assert train == test


def test_a_metadata_file_that_was_edited_by_hand_is_refused(lab, run, mode):
    params = lab.Params("a", size=5)
    expected = lab.run(run, params, mode=mode)
    path = lab.file("_make_numbers_metadata.json")
    document = json.loads(path.read_text())
    document["params"]["size"] = 6
    path.write_text(json.dumps(document))
    lab.executed()
    assert lab.run(run, params, mode=mode) == expected
    assert lab.executed() == {"make a": 1}


def test_a_file_that_does_not_belong_into_the_folder_is_noticed(lab, run, mode):
    params = lab.Params("a", size=5)
    expected = lab.run(run, params, mode=mode)
    (folder,) = lab.cache.glob("*make_texts")
    (folder / "c").write_text("stray")
    assert lab.run(run, params, mode=mode) == expected


def test_live_what_proves_damaged_after_its_call_is_a_named_error(lab):
    from curifactory import Lazy

    @stage(outputs=[Lazy("blob")], cachers=[PickleCacher])
    def make(record):
        return b"x" * 100

    record = make(Record(lab.manager(), lab.Params("a")))
    path = lab.file("_make_blob.pkl")
    flip_a_bit(path)
    with pytest.raises(UnusableArtifactError) as raised:
        record.state["blob"]
    for part in ("'blob'", "'make'", path.name, "again"):
        assert part in str(raised.value)
    assert make(record).state["blob"] == b"x" * 100


KILLED = """\
    import itertools, os, signal, sys
    from curifactory import ArtifactManager, ExperimentParameters, Record, stage
    from curifactory.caching import Cacheable, JsonCacher

    class TwoFiles(Cacheable):
        def save(self, obj):
            for suffix in ("_one", "_two"):
                with open(self.get_path(suffix), "w") as file:
                    file.write(obj)

        def load(self):
            texts = []
            for suffix in ("_one", "_two"):
                with open(self.get_path(suffix)) as file:
                    texts.append(file.read())
            return texts

    @stage(outputs=["text", "pair"], cachers=[JsonCacher, TwoFiles])
    def produce(record, token):
        return token, token

    def once(token):
        manager = ArtifactManager("killed", suppress_live_log=True)
        state = produce(Record(manager, ExperimentParameters("a")), token=token).state
        pair = state["pair"]
        assert state["text"] == token, (state["text"], token)
        assert pair in (token, [token, token]), (pair, token)
        manager.close()

    CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")

    def die_at(instant):
        seen = itertools.count(1)
        def hook(event, arguments):
            changes = event in CHANGES or (event == "open" and arguments[2] & os.O_ACCMODE)
            if changes and any("cache" in str(a) for a in arguments) and next(seen) == instant:
                os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)

    def in_child(token, instant=None):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if instant:
                    die_at(instant)
                once(token)
                status = 0
            finally:
                os._exit(status)
        return os.waitpid(child, 0)[1]

    for instant in itertools.count(1):
        token = f"token {instant} " * 3
        killed = in_child(token, instant)
        assert os.WIFSIGNALED(killed) or killed == 0, killed
        assert in_child(token) == 0, f"after a kill at instant {instant}"
        if killed == 0:
            break
    for folder in os.scandir("data/cache"):
        os.utime(folder, (0, 0))  # what nobody owns is removed when it is old
    assert in_child(token) == 0
    print(instant)
    """


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_killed_at_any_instant_leaves_no_wrong_value():
    # in memory where there is such a place: some hundred runs
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        root = Path(folder)
        (root / "curifactory_config.json").write_text("{}")
        (root / "killed.py").write_text(dedent(KILLED))
        done = subprocess.run(
            [sys.executable, "killed.py"], cwd=root, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) > 20, "instants at which it was killed"
        names = {path.name for path in (root / "data" / "cache").iterdir()}
    assert not any(name.startswith(".") for name in names)
