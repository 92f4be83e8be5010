"""What works without any of the extras: everything that does not need their libraries."""

from __future__ import annotations

import pytest

WITHOUT = """\
    import importlib.abc, sys

    EXTRAS = {
        "IPython", "distributed", "ipykernel", "jinja2", "lxml", "matplotlib", "nbclient",
        "nbformat", "numpy", "openpyxl", "pandas", "polars", "pyarrow", "scipy", "sklearn",
        "tables", "torch",
    }

    class NotInstalled(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in EXTRAS:
                raise ModuleNotFoundError(f"No module named '{name}'", name=name)

    sys.meta_path.insert(0, NotInstalled())
    """
EXPERIMENT = """\
    from dataclasses import dataclass
    from counting import ran
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher, PickleCacher
    from curifactory.reporting import HTMLReporter

    @dataclass
    class Params(ExperimentParameters):
        size: int = 3

    def get_params():
        return [Params("three"), Params("five", size=5)]

    @stage(outputs=["rows"], cachers=[JsonCacher])
    def make(record):
        ran("make", record)
        record.report(HTMLReporter("<b>made</b>"))
        return list(range(record.params.size))

    @stage(["rows"], ["total"], [PickleCacher])
    def add(record, rows):
        ran("add", record)
        return sum(rows)

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))
    """


@pytest.fixture
def bare(project):
    """A project in whose processes no library of an extra can be imported."""
    project.write("bare/sitecustomize.py", WITHOUT)
    project.write("experiments/one.py", EXPERIMENT)
    path = str(project.root / "bare")
    return lambda *arguments, **more: project.command(*arguments, PYTHONPATH=path, **more)


def test_an_experiment_runs_and_says_once_that_there_is_no_report(project, bare):
    first, second, parallel = (
        bare("one"),
        bare("one"),
        bare("one", "--parallel", "2", "--overwrite"),
    )
    for done in (first, second, parallel):
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("There is no report: Reports need jinja2") == 1
        assert 'pip install "curifactory[reports]"' in done.stdout
    assert "4 executed, 0 from cache" in first.stdout
    assert "0 executed, 2 from cache" in second.stdout
    assert sum(project.executed().values()) == 2 * 4
    assert "report" not in bare("one", "--no-report").stdout


def test_a_full_store_is_kept_verified_and_replayed(bare):
    assert bare("one", "--store-full").returncode == 0
    for arguments in (
        ["verify", "latest"],
        ["replay", "latest"],
        ["replay", "latest", "--recompute"],
    ):
        done = bare(*arguments, program="curifactory")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "6 identical" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "one"],
        ["why", "one", "add"],
        ["runs"],
        ["artifacts"],
        ["show", "total", "--param", "size=5"],
        ["cache", "verify"],
        ["cache", "du"],
        ["cache", "gc", "--keep-runs", "1", "--dry-run"],
        ["doctor"],
    ],
)
def test_the_cache_can_be_looked_at(bare, arguments):
    bare("one")
    done = bare(*arguments, program="curifactory")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("cacher", "extra"), [("Numpy", "numpy"), ("PandasCsv", "pandas")])
def test_a_cacher_names_the_extra_that_it_needs(project, bare, cacher, extra):
    text = EXPERIMENT.replace("PickleCacher", f"{cacher}Cacher")
    project.write("experiments/one.py", text)
    done = bare("one")
    assert done.returncode == 1
    assert f'pip install "curifactory[{extra}]"' in done.stderr
