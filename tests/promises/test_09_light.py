"""Promise 9: `import curifactory` is quick, and has no side effects."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest

import curifactory.caching

HEAVY = (
    "pandas", "numpy", "matplotlib", "jinja2", "rich", "dask", "click", "sqlite3", "asyncio",
    "xxhash", "nbformat", "pyarrow",
)  # fmt: skip
SCRIPT = """\
import json, logging, os, sys, threading
root, before = logging.getLogger(), set(os.listdir("."))
{statement}
print(json.dumps({{
    "modules": sorted(sys.modules),
    "files": sorted(set(os.listdir(".")) - before),
    "handlers": len(root.handlers),
    "threads": threading.active_count(),
}}))
"""


def after(statement, folder):
    """What is true of a new process after a statement."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", SCRIPT.format(statement=statement)],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "statement",
    ["import curifactory", "from curifactory import stage, aggregate, Record, Lazy"],
)
def test_an_import_imports_nothing_heavy_and_does_nothing_else(statement, tmp_path):
    facts = after(statement, tmp_path)
    assert not [name for name in facts["modules"] if name.partition(".")[0] in HEAVY]
    assert (facts["files"], facts["handlers"], facts["threads"]) == ([], 0, 1)


@pytest.mark.parametrize("module", ["caching", "hashing", "params", "manager", "record", "staging"])
def test_modules_of_existing_projects_are_light_too(module, tmp_path):
    facts = after(f"import curifactory.{module}", tmp_path)
    heavy = set(HEAVY) - {"xxhash"}
    assert not [name for name in facts["modules"] if name.partition(".")[0] in heavy]
    assert (facts["files"], facts["handlers"], facts["threads"]) == ([], 0, 1)


def test_who_names_one_cacher_imports_no_other(tmp_path):
    facts = after("from curifactory.caching import JsonCacher", tmp_path)
    assert "curifactory.caching.json_cacher" in facts["modules"]
    others = {"pandas_cachers", "numpy_cacher", "pickle_cacher", "arrow_cacher"}
    assert others.isdisjoint(name.rpartition(".")[2] for name in facts["modules"])


def test_each_public_cacher_is_there_by_name_and_by_star(tmp_path):
    names = sorted(curifactory.caching.__all__)
    after(f"from curifactory.caching import *; assert {{*{names}}} <= {{*globals()}}", tmp_path)
    after(f"import curifactory.caching as it; assert {{*{names}}} <= {{*dir(it)}}", tmp_path)


def test_an_artifact_of_the_past_is_found_and_loaded_without_the_engine(tmp_path):
    facts = after("import curifactory.past.meant, curifactory.past.loading", tmp_path)
    engine = {f"curifactory.{name}" for name in ("record", "request", "code", "hashing", "params")}
    assert engine.isdisjoint(facts["modules"])


DECORATORS = ("aggregate", "stage")


def test_each_public_name_is_there_in_whatever_order_it_is_asked_for(tmp_path):
    for order in itertools.permutations(DECORATORS):
        after(
            f"from curifactory import {', '.join(order)}; assert callable(stage), stage", tmp_path
        )
    statement = "import curifactory.staging, curifactory; assert callable(curifactory.stage)"
    after(statement, tmp_path)
    names = [name for name in curifactory.__all__ if name != "__version__"]
    checks = "; ".join(f"assert callable(curifactory.{name}), {name!r}" for name in names[::-1])
    after(f"import curifactory; {checks}", tmp_path)
