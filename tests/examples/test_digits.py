"""The digits example, run twice from an empty cache with its two quick parameter sets."""

from __future__ import annotations

import json
import re
import sys

import joblib
import nbformat
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from tests.examples.conftest import Example


def test_the_first_run_executes_every_step_once(digits):
    # one split, three stages for each of two candidates, comparison and notebook
    assert digits.first["steps"] == {"RUN": 9, "LOAD": 0, "SKIP": 0}


def test_the_second_run_executes_nothing(digits):
    assert digits.second["status"] == "complete"
    assert digits.second["steps"]["RUN"] == 0


def test_the_second_run_leaves_the_cache_as_it_was(digits):
    assert digits.after_first
    assert digits.after_second == digits.after_first


def test_nothing_is_worth_a_warning(digits):
    logs = [log.read_text() for log in (digits.example.folder / "logs").glob("*.log")]
    assert len(logs) == 2
    assert not [line for log in logs for line in log.splitlines() if " WARNING " in line]


def test_the_comparison_says_what_plain_code_says(digits):
    pixels, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(
        pixels / 16, labels, test_size=0.3, random_state=0, stratify=labels
    )
    plain = KNeighborsClassifier(n_neighbors=3).fit(train, train_labels).score(test, test_labels)

    table = pd.read_csv(digits.example.artifact("*_compare_comparison.csv"), index_col="name")
    assert table.loc["pixels-neighbours", "accuracy"] == round(plain, 4)
    assert table["accuracy"].is_monotonic_decreasing
    assert sorted(table.index) == ["pca-logistic", "pixels-neighbours"]


def test_each_kept_model_earns_its_kept_metrics(digits):
    heads = list(digits.example.cache.glob("*_train_model_model.json"))
    assert len(heads) == 2
    for head in heads:
        artifacts = head.name.removesuffix("_train_model_model.json")
        model = joblib.load(head.with_name(f"{artifacts}_train_model_model_estimator.joblib"))
        assert json.loads(head.read_text())["model"] == type(model).__name__

        test = pd.read_parquet(
            head.with_name(f"{artifacts}_extract_features_test_features.parquet")
        )
        metrics = json.loads(head.with_name(f"{artifacts}_evaluate_metrics.json").read_text())
        assert model.score(test.drop(columns="digit"), test["digit"]) == metrics["accuracy"]
        assert metrics["images"] == len(test) == 540


def test_the_notebook_runs_where_it_lies(digits):
    path = digits.example.artifact("*_write_notebook_exploration.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    script = "\n".join(cell.source for cell in cells) + "\nprint(comparison.to_csv())"
    printed = digits.example.execute(sys.executable, "-c", script, cwd=path.parent)
    table = digits.example.artifact("*_compare_comparison.csv")
    assert printed.strip() == table.read_text().strip()


def test_the_report_of_the_second_run_has_every_picture(digits):
    report = digits.example.folder / "reports" / digits.second["reference"] / "index.html"
    pictures = re.findall(r'<img src="([^"]+)"', report.read_text())
    assert len(pictures) == 3  # two confusion matrices, one plot of the recall
    assert all((report.parent / picture).stat().st_size > 0 for picture in pictures)


def test_two_processes_make_the_same_artifacts_as_one(digits, tmp_path):
    again = Example("digits", tmp_path / "digits")
    assert again.run("-p", "quick", "--parallel", "2")["steps"] == digits.first["steps"]
    assert again.artifacts() == digits.example.artifacts()
