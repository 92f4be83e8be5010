"""The example that has every pattern of the page about the cache, run twice."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd

STEPS = 6  # of each of the two parameter sets


def test_the_first_run_executes_every_step_once(seed_page):
    assert seed_page.first["steps"] == {"RUN": 2 * STEPS, "LOAD": 0, "SKIP": 0}


def test_the_second_run_executes_nothing(seed_page):
    assert seed_page.second["status"] == "complete"
    assert seed_page.second["steps"]["RUN"] == 0


def test_the_second_run_leaves_the_cache_as_it_was(seed_page):
    assert seed_page.after_first
    assert seed_page.after_second == seed_page.after_first


def test_nothing_is_worth_a_warning(seed_page):
    logs = [log.read_text() for log in (seed_page.example.folder / "logs").glob("*.log")]
    assert len(logs) == 2
    assert not [line for log in logs for line in log.splitlines() if " WARNING " in line]


def test_three_outputs_lie_in_three_formats(seed_page):
    for params, days in [("fortnight", 14), ("month", 30)]:
        made = _artifacts_of(seed_page.example, params)
        rows = json.loads(made["return_all_the_things_dataset.json"].read_text())
        assert [row["hour"] for row in rows] == list(range(24 * days))
        metrics = json.loads(made["return_all_the_things_metrics_dictionary.json"].read_text())
        heights = [row["height"] for row in rows]
        assert metrics == {"lowest": min(heights), "highest": max(heights)}
        assert made["return_all_the_things_model.pkl"].exists()


def test_a_forecaster_lies_in_two_files(seed_page):
    made = _artifacts_of(seed_page.example, "month")
    facts = json.loads(made["train_model_trained_model.json"].read_text())
    assert facts == {"harbour": "Port Example", "trained_hours": 30 * 24}
    weights = np.load(made["train_model_trained_model_model"])
    # what the gauge was made with, as near as its noise lets the model come
    np.testing.assert_allclose(weights, [3.0, 1.0, 0.2, 0.4, -0.1, 0.1, 0.1], atol=0.03)


def test_both_variants_leave_their_note_in_the_metadata(seed_page):
    made = _artifacts_of(seed_page.example, "fortnight")
    for artifact in ("forecast_days_tomorrow", "forecast_days_day_after"):
        heights = json.loads(made[f"{artifact}.json"].read_text())
        metadata = json.loads(made[f"{artifact}_metadata.json"].read_text())
        assert len(heights) == 24
        assert metadata["extra"] == {"highest": max(heights)}


def test_the_other_program_counted_the_lines_of_the_file(seed_page):
    made = _artifacts_of(seed_page.example, "fortnight")
    table = made["find_high_waters_high_waters.csv"]
    counted = json.loads(made["count_outside_lines.json"].read_text())
    assert counted == len(table.read_text().splitlines()) == len(pd.read_csv(table)) + 1


def test_the_script_reads_artifacts_by_their_path(seed_page):
    printed = seed_page.example.execute(sys.executable, "look.py")
    for params in ("fortnight", "month"):
        made = _artifacts_of(seed_page.example, params)
        metrics = json.loads(made["return_all_the_things_metrics_dictionary.json"].read_text())
        assert f"{params}: {metrics}" in printed
    assert "made by stage return_all_the_things" in printed
    assert "read back: [2.5, 4.25, 3.0], noted beside it: {'highest': 4.25}" in printed


def _artifacts_of(example, params):
    """The files of one parameter set, by what follows the hash in their name."""
    metadata = example.cache.glob("*_return_all_the_things_metrics_dictionary_metadata.json")
    documents = [json.loads(path.read_text()) for path in metadata]
    (hash_,) = [m["params_hash"] for m in documents if m["params_name"] == params]
    prefix = f"seed_page_{hash_}_"
    return {path.name.removeprefix(prefix): path for path in example.cache.glob(f"{prefix}*")}
