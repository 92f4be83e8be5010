"""What is noticed of what ``run`` does to the surroundings of its stage calls."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy
import pytest

from curifactory.running import generators
from curifactory.running.surroundings import (
    Surroundings,
    SurroundingsWatch,
    cause_to_stay,
    environ_put_back,
)


@pytest.fixture(autouse=True)
def _put_back(tmp_path):
    states, path, folder = generators.states(), list(sys.path), os.getcwd()
    with environ_put_back():
        yield
    generators.put_back(states)
    sys.path[:] = path
    os.chdir(folder)


def test_nothing_is_noticed_where_nothing_was_done():
    watch = SurroundingsWatch()
    assert watch.now() == Surroundings()
    assert cause_to_stay(watch.now()) is None


def test_changed_new_and_removed_environment_variables_are_noticed_and_no_cause():
    os.environ.update(CHANGED="a", REMOVED="b", KEPT="c")
    watch = SurroundingsWatch()
    os.environ.update(CHANGED="x", NEW="y")
    del os.environ["REMOVED"]
    changes = {"CHANGED": "x", "NEW": "y", "REMOVED": None}
    assert watch.now() == Surroundings(environ_changes=changes)
    assert cause_to_stay(watch.now()) is None
    os.environ.update(CHANGED="a", REMOVED="b")
    del os.environ["NEW"]
    assert watch.now() == Surroundings()


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (random.random, "random"),
        (lambda: random.seed(3), "random"),
        (lambda: random.gauss(0, 1), "random"),
        (numpy.random.rand, "numpy.random"),
        (lambda: numpy.random.seed(3), "numpy.random"),
    ],
)
def test_a_generator_that_was_used_or_seeded_is_a_cause_unless_stages_are_seeded(use, name):
    watch = SurroundingsWatch()
    use()
    assert watch.now() == Surroundings(random_used=(name,))
    cause = cause_to_stay(watch.now())
    assert f"`run` used or seeded the global random generator of {name} before" in cause
    assert 'seed = "step"' in cause
    assert cause_to_stay(watch.now(random_counts=False)) is None


@pytest.mark.parametrize("draw", [lambda: random.gauss(0, 1), lambda: numpy.random.randn()])
def test_a_second_number_that_the_generator_had_ready_counts_too(draw):
    """Normal numbers are made in pairs: the second takes nothing from the stream."""
    draw()
    watch = SurroundingsWatch()
    draw()
    assert len(watch.now().random_used) == 1


def test_a_generator_that_was_put_back_is_as_before():
    watch = SurroundingsWatch()
    states = generators.states()
    random.random(), numpy.random.rand()
    generators.put_back(states)
    assert watch.now() == Surroundings()


def test_another_bit_generator_is_noted_and_put_back():
    before = numpy.random.get_bit_generator()
    numpy.random.set_bit_generator(numpy.random.PCG64(1))
    try:
        states = generators.states()
        first = numpy.random.rand()
        assert generators.changed_since(states) == ("numpy.random",)
        generators.put_back(states)
        assert generators.changed_since(states) == ()
        assert numpy.random.rand() == first
    finally:
        numpy.random.set_bit_generator(before)


def test_own_generators_are_nobodys_business():
    watch = SurroundingsWatch()
    random.Random(3).random()
    numpy.random.default_rng(3).random()
    assert watch.now() == Surroundings()


def test_another_working_folder_is_a_cause(tmp_path):
    watch = SurroundingsWatch()
    os.chdir(tmp_path)
    assert watch.now() == Surroundings(folder=str(tmp_path))
    for seeded in (False, True):
        cause = cause_to_stay(watch.now(random_counts=not seeded))
        assert cause == f"`run` changed the working folder to {tmp_path} before this call"


def test_another_import_path_is_a_cause():
    watch = SurroundingsWatch()
    sys.path.insert(0, "elsewhere")
    assert (
        cause_to_stay(watch.now(random_counts=False)) == "`run` changed sys.path before this call"
    )


def test_numpy_is_not_imported_to_look_at_it():
    code = (
        "import sys; from curifactory.running.surroundings import SurroundingsWatch as W;"
        "w = W(); assert w.now().random_used == (); assert 'numpy' not in sys.modules;"
        "import numpy; assert w.now().random_used == ('numpy.random',)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
