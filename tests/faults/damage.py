"""Damage to a finished cache: one file after another, in every way that we can think of."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from random import Random

from .bench import STEPS, Bench, runs_with_file

_METADATA = "_metadata.json"
_WORDS = ("extra", "recipe", "commit", "siblings", "schema")

Damage = Callable[[Path, Random], None]


def flip_a_bit(path: Path, random: Random) -> None:
    data = bytearray(path.read_bytes())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.write_bytes(data)


def cut(path: Path, random: Random) -> None:
    os.truncate(path, random.randrange(1, path.stat().st_size))


def put_garbage(path: Path, random: Random) -> None:
    path.write_bytes(random.randbytes(path.stat().st_size))


def lengthen(path: Path, random: Random) -> None:
    path.write_bytes(path.read_bytes() + random.randbytes(1))


DAMAGES: dict[str, Damage] = {
    "flipped": flip_a_bit,
    "cut": cut,
    "emptied": lambda path, _: os.truncate(path, 0),
    "garbage": put_garbage,
    "deleted": lambda path, _: path.unlink(),
    "one byte more": lengthen,
    "a folder": lambda path, _: (path.unlink(), path.mkdir())[0],
    "link to nowhere": lambda path, _: (path.unlink(), path.symlink_to("nowhere"))[0],
}


class Damaging:
    """Damages the cache of a finished run, and expects right values or one clear error."""

    def __init__(self, bench: Bench, random: Random) -> None:
        self._bench, self._random = bench, random
        bench.new_project()
        ended = bench.run()
        assert len(ended.lines("executed")) == STEPS, ended
        self._steps = ended.lines("executed")
        for _ in range(2):
            assert bench.run().is_right
        self._runs = runs_with_file(bench.project)
        self.files = sorted(_cache(bench).rglob("*"))
        self.files = [path for path in self.files if path.is_file()]
        bench.project.rename(bench.base / "finished")
        # leaves the cache of the older values on the bench
        bench.new_project(full=True)

    def each_file(self, trials: int) -> None:
        """Each file in each way, or so many of these."""
        every = [(n, path) for n in DAMAGES for path in self.files if not _is_the_users(n, path)]
        for name, path in self._random.sample(every, trials) if trials else every:
            self._trial(f"{path.name} {name}", partial(DAMAGES[name], path, self._random))

    def others(self, trials: int) -> None:
        """Whole artifacts in the place of others, and single words of metadata."""
        every: list[tuple[str, Callable[[], object]]] = []
        for path in (path for path in self.files if path.name.endswith(_METADATA)):
            stem = path.name.removesuffix(_METADATA)
            every += [
                (f"{stem} of an older call", partial(self._take_older, stem)),
                (f"{path.name} of an older call", partial(self._take_older_file, path)),
                (f"{stem} of the other record", partial(self._take_others, stem)),
                *((f"{word} in {path.name}", partial(_flip_at, path, word)) for word in _WORDS),
            ]
        for folder in sorted({path.parent for path in self.files} - {_cache(self._bench)}):
            every += [
                ("an extra file", partial((folder / "30.txt").write_text, "1")),
                ("an extra folder", (folder / "more").mkdir),
                ("an extra hidden file", partial((folder / ".hidden").write_text, "1")),
            ]
        for what, damage in self._random.sample(every, trials) if trials else every:
            self._trial(what, damage)

    def history(self, trials: int) -> None:
        """The run history, its views and the kept sources: no artifact and no run may be lost."""
        data = self._bench.base / "finished" / "data"
        cache = data / "cache"
        files = [
            path.relative_to(data)
            for path in sorted(data.rglob("*"))
            if path.is_file() and not path.is_relative_to(cache)
        ]
        every = [(name, file) for name in DAMAGES for file in files]
        # a bit that is flipped somewhere else is another damage
        every += [("flipped", Path("runs.sqlite"))] * 30
        for name, file in self._random.sample(every, trials) if trials else every:
            path = self._bench.project / "data" / file
            damage = partial(DAMAGES[name], path, self._random)
            self._trial(f"{file} {name}", damage, kept=self._steps, runs=self._runs)

    def index(self, trials: int) -> None:
        """The index of metadata, and files that changed after it was written."""
        every: list[tuple[str, Callable[[], object]]] = [
            (f"index {name}", partial(self._damage_index, damage))
            for name, damage in DAMAGES.items()
        ]
        every.append(("index of an older cache", self._take_older_index))
        for path in (path for path in self.files if path.name.endswith(_METADATA)):
            stem = path.name.removesuffix(_METADATA)
            every += [
                (f"{stem} of an older call, index kept", partial(self._take_older, stem)),
                (f"{stem} of the other record, index kept", partial(self._take_others, stem)),
                (f"{path.name} flipped, index kept", partial(flip_a_bit, path, self._random)),
            ]
        for what, damage in self._random.sample(every, trials) if trials else every:
            self._trial(what, damage, is_indexed=True)

    def _damage_index(self, damage: Damage) -> None:
        for path in (self._bench.project / "data" / "index").iterdir():
            damage(path, self._random)

    def _take_older_index(self) -> None:
        (older,) = (self._bench.base / "full" / "data" / "index").iterdir()
        for path in (self._bench.project / "data" / "index").iterdir():
            shutil.copy2(older, path)

    def _trial(
        self,
        what: str,
        damage: Callable[[], object],
        kept: Sequence[str] = (),
        runs: Collection[str] | None = None,
        is_indexed: bool = False,
    ) -> None:
        bench = self._bench
        shutil.rmtree(bench.project, ignore_errors=True)
        shutil.copytree(bench.base / "finished", bench.project)
        if is_indexed:
            # the index knows files by their inodes, and takes in none that was just written
            time.sleep(0.15)
            assert bench.run().is_right
        damage()
        first = bench.run()
        bench.expect_clear(what, first)
        if set(kept) & set(first.lines("executed")):
            bench.note("lost", f"{what}: {first.lines('executed')}")
        bench.counts["recomputed"] += first.status == 0 and bool(first.lines("executed"))
        bench.counts["harmless"] += first.status == 0 and not first.lines("executed")
        bench.expect_recovery(what, first.lines("finished"), {}, runs)

    def _take_older(self, stem: str) -> None:
        for path in _cache(self._bench).glob(f"{stem}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (self._bench.base / "full" / "data" / "cache").glob(f"{stem}*"):
            _copy(path, _cache(self._bench) / path.name)

    def _take_older_file(self, path: Path) -> None:
        older = self._bench.base / "full" / "data" / "cache"
        shutil.copy2(older / path.relative_to(_cache(self._bench)), path)

    def _take_others(self, stem: str) -> None:
        """The same output of the other parameter set, renamed as if it belonged here."""
        _, own, rest = stem.split("_", 2)
        cache = _cache(self._bench)
        others = [path for path in cache.glob(f"*_{rest}*") if own not in path.name]
        for path in others:
            target = cache / path.name.replace(path.name.split("_")[1], own)
            if target.is_dir():
                shutil.rmtree(target)
            _copy(path, target)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


def _cache(bench: Bench) -> Path:
    return bench.project / "data" / "cache"


def _flip_at(path: Path, word: str) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(word.encode()) + len(word) + 5
    data[at] ^= 1
    path.write_bytes(data)


def _is_the_users(damage: str, path: Path) -> bool:
    """A stage that opens a file itself finds what lies there."""
    return path.name.endswith("_referenced.txt") and damage == "a folder"
