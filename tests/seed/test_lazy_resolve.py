"""What the page says about `Lazy(..., resolve=False)`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from curifactory import Lazy, Record, stage
from curifactory.caching import JsonCacher
from curifactory.utils import run_command

COUNT_LINES = "import sys; print(len(open(sys.argv[1]).readlines()))"


def pass_on(lab, lazy, use, mode):
    """Run an experiment that passes one lazy output to a second stage; gives what that returns."""

    @stage(outputs=[lazy], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return ["high", "low"]

    @stage(["tides"], ["seen"], [JsonCacher])
    def look(record, tides):
        lab.ran(record)
        return use(tides)

    def run(param_sets, manager):
        return look(make(Record(manager, param_sets[0]))).state["seen"]

    return lab.run(run, lab.Params("one"), mode=mode)


@pytest.fixture(params=["cold", "made before"])
def made_before(request, lab, mode):
    """Whether the lazy output is already in the cache."""
    if request.param == "made before":
        pass_on(lab, Lazy("tides"), type, mode)
        lab.file("_look_seen_metadata.json").unlink()
        lab.executed()


def test_by_default_a_stage_is_passed_the_value(lab, mode, made_before):
    """A `Lazy` resolves to what its cacher loads when it becomes an input."""
    assert pass_on(lab, Lazy("tides"), lambda tides: tides, mode) == ["high", "low"]


def test_without_resolving_a_stage_is_passed_the_lazy_itself(lab, mode, made_before):
    """Then the input is the instance, each time."""
    seen = pass_on(
        lab,
        Lazy("tides", resolve=False),
        lambda tides: [isinstance(tides, Lazy), tides.name, tides.resolve],
        mode,
    )
    assert seen == [True, "tides", False]


def test_its_cacher_gives_a_stage_the_path(lab, mode, made_before):
    """That is what it is for: the path of the file, from within a stage."""
    path = pass_on(lab, Lazy("tides", resolve=False), lambda tides: tides.cacher.get_path(), mode)
    assert Path(path).resolve() == lab.file("_make_tides.json")


def test_the_path_can_be_handed_to_another_program(lab, mode, made_before):
    """An external call reads the artifact; Python never loads it."""

    def count_outside(tides):
        command = [sys.executable, "-c", COUNT_LINES, tides.cacher.get_path()]
        return int(run_command(command).stdout)

    lines = pass_on(lab, Lazy("tides", resolve=False), count_outside, mode)
    assert lines == len(lab.file("_make_tides.json").read_text().splitlines())


def test_a_lazy_can_still_be_loaded_by_hand(lab, mode, made_before):
    """The instance and its cacher both load the value when they are asked to."""
    seen = pass_on(
        lab,
        Lazy("tides", resolve=False),
        lambda tides: [tides.load(), tides.cacher.load()],
        mode,
    )
    assert seen == [["high", "low"], ["high", "low"]]
