"""References and filters."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta

import pytest

from curifactory.errors import ConfigurationError, RunNotFoundError
from curifactory.past.given import moment, parsed_parameters
from curifactory.past.parameter_search import parameter_condition
from curifactory.past.references import resolve_reference


@pytest.fixture
def resolve(history, begin):
    for _ in range(12):
        begin("models")
    begin("other")

    def ask(given):
        return history.database.read(lambda c: resolve_reference(c, given)[1], "")

    return ask


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("latest", "other_1_T"),
        ("models_1", "models_1_T"),
        ("models_12", "models_12_T"),
        ("models_3_T", "models_3_T"),
        ("oth", "other_1_T"),
    ],
)
def test_a_run_is_meant_by_the_start_of_its_reference(resolve, given, meant):
    assert resolve(given) == meant


def test_what_may_be_several_runs_is_an_error_that_names_some(resolve):
    with pytest.raises(RunNotFoundError, match=r"any of 12 runs, .*models_12_T"):
        resolve("models")


@pytest.mark.parametrize("given", ["nothing", "models_99", "", "%", "models%"])
def test_what_is_no_run_is_an_error(resolve, given):
    with pytest.raises(RunNotFoundError):
        resolve(given)


INSERT = "INSERT INTO parameter_sets VALUES (?, ?)"
SETS = {
    "a": {"lr": 0.1, "name": "x", "on": True, "n": 1, "model": {"depth": 3}, "layers": [1, 2]},
    "b": {"lr": 0.2, "name": "0.1", "on": False, "n": 1.0, "model": None, "layers": []},
    "c": {"lr": None, "name": "true", "n": True},
}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["lr=0.1"], "a"),
        (["lr=1e-1"], "a"),
        (["lr=null"], "c"),
        (["name=x"], "a"),
        (["name=0.1"], "b"),
        (["name=true"], ""),
        (["on=true"], "a"),
        (["on=false"], "b"),
        (["n=1"], "ab"),
        (["n=true"], "c"),
        (["model.depth=3"], "a"),
        (["model=null"], "b"),
        (["layers=[1, 2]"], "a"),
        (["lr=0.1", "n=1"], "a"),
        (["lr=0.1", "n=2"], ""),
        (["unknown=1"], ""),
        (['na"me=x'], "a"),
        ([], "abcd"),
    ],
)
def test_parameter_sets_are_found_by_their_values(begin, rows, change, asked, found):
    begin()
    condition, values = parameter_condition(parsed_parameters(asked), "hash")
    for hash_, parameters in SETS.items():
        change(INSERT, hash_, json.dumps(parameters))
    change(INSERT, "d", "no JSON")
    hashes = rows(f"SELECT hash FROM parameter_sets WHERE {condition} ORDER BY hash", *values)
    assert "".join(hash_ for (hash_,) in hashes) == found


def test_a_parameter_without_a_value_is_wrong_use():
    with pytest.raises(ConfigurationError, match="name=value"):
        parsed_parameters(["lr"])


@pytest.mark.parametrize(
    ("age", "seconds"), [("30s", 30), ("2m", 120), ("1.5h", 5400), ("7d", 604800), ("2w", 1209600)]
)
def test_an_age_counts_from_now(age, seconds):
    assert abs(time.time() - seconds - moment(age)) < 60
    assert abs(moment(timedelta(seconds=seconds)) - moment(age)) < 60


def test_a_date_is_local_unless_it_says_otherwise():
    assert moment("2026-11-01") == datetime(2026, 11, 1).timestamp()
    assert moment("2026-11-01T00:00:00+00:00") == 1793491200.0
    assert moment(datetime(2026, 11, 1)) == moment("2026-11-01")
    assert moment(5) == 5.0


@pytest.mark.parametrize("given", ["yesterday", "7 moons", "", "99999999999w"])
def test_what_is_no_time_is_wrong_use(given):
    with pytest.raises(ConfigurationError, match="7d"):
        moment(given)
