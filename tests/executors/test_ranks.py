"""Processes that ``torchrun`` and its like start together: only the first writes."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("variable", ["RANK", "LOCAL_RANK", "NODE_RANK"])
def test_a_further_rank_computes_and_writes_nothing(chains, variable):
    before = sorted(chains.root.rglob("*"))
    said = chains.succeed("chains", "-n", "p1", "--parallel", "2", **{variable: "1"})
    assert "5 executed" in said
    made = {path for path in chains.root.rglob("*") if "__pycache__" not in str(path)}
    assert made == set(before)


def test_the_first_rank_writes(chains):
    chains.succeed("chains", "-n", "p1", RANK="0", LOCAL_RANK="0")
    assert chains.file("_gather_all.json").exists()
