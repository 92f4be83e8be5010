"""Promise 3: a consumer sees the same value, computed a second ago or loaded a year later."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import pandas as pd
import pytest

from curifactory import Lazy, Record, stage
from curifactory.caching import JsonCacher, PandasCsvCacher, PandasJsonCacher, PickleCacher
from curifactory.testing.same import same

# cacher, value, and what the notice says if the format cannot hold it exactly
VALUES = {
    "json tuple": (JsonCacher, {"shape": [(1, 2)]}, "shape"),
    "json integer key": (JsonCacher, {"by": {1: "one"}}, "by"),
    "json array": (JsonCacher, {"a": np.arange(3)}, "a"),
    "json numpy scalar": (JsonCacher, {"loss": np.float64(0.5)}, None),
    "json ordered": (JsonCacher, {"path": OrderedDict(x=1)}, "path"),
    "json nan": (JsonCacher, [1.0, math.nan, math.inf], None),
    "json plain": (JsonCacher, {"a": [1, 2.5, None, True, "ü"]}, None),
    "csv categories": (
        PandasCsvCacher,
        pd.DataFrame({"kind": pd.Categorical(["a", "b"])}),
        "kind",
    ),
    "csv dates": (
        PandasCsvCacher,
        pd.DataFrame({"day": pd.to_datetime(["2024-01-01", "2024-01-02"])}),
        "day",
    ),
    "json frame": (PandasJsonCacher, pd.DataFrame({"x": [1, 2]}, index=[5, 6]), "index"),
    "pickle anything": (PickleCacher, {"t": (1, {2: {3}}), "a": np.arange(3.0)}, None),
}


def consumer_sees(lab, cacher, value, mode, lazy):
    """What a later stage and ``run`` itself are handed."""
    seen = []

    @stage(outputs=[Lazy("value") if lazy else "value"], cachers=[cacher])
    def produce(record):
        lab.ran(record)
        return value

    @stage(["value"], ["nothing"])
    def consume(record, value):
        seen.append(value)

    def run(param_sets, manager):
        record = consume(produce(Record(manager, param_sets[0])))
        return record.state["nothing"], record.state["value"]

    _, in_run = lab.run(run, lab.Params("a"), mode=mode)
    return [seen[-1], in_run]


@pytest.mark.parametrize("lazy", [False, True], ids=["held", "lazy"])
@pytest.mark.parametrize("which", VALUES)
def test_first_and_later_are_the_same(lab, which, lazy):
    cacher, value, place = VALUES[which]
    first = consumer_sees(lab, cacher, value, "plan", lazy)
    notices = [notice for notice in lab.notices if "cannot hold" in notice]
    later = consumer_sees(lab, cacher, value, "plan", lazy)
    assert lab.executed() == {"produce a": 1}
    for one in (*first[1:], *later):
        assert same(one, first[0]), f"{one!r} is not {first[0]!r}"
    if place is None:
        assert notices == []
    else:
        (notice,) = notices
        for part in (cacher.__name__, "'value'", "'produce'", place):
            assert part in notice


def test_it_holds_in_each_mode(lab, mode):
    cacher, value, _ = VALUES["json tuple"]
    first = consumer_sees(lab, cacher, value, mode, False)
    assert first == consumer_sees(lab, cacher, value, mode, False)
    assert first[0] == {"shape": [[1, 2]]}
