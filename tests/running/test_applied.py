"""A step sees in another process what it would see here: in one that imports all anew."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from textwrap import dedent

import cloudpickle
import pytest

from curifactory import Record
from curifactory.code import Variable
from curifactory.experiment.passes import plan
from curifactory.running.applied import applied
from curifactory.running.code_facts import variables_of

PROJECT = """\
    import os
    from curifactory import stage
    from curifactory.caching import JsonCacher
    import {name}_tools as tools

    SETTING = None
    TABLE = {"rate": 1}
    MEMO = {}

    class Options:
        depth = 1

    @stage(outputs=["seen"], cachers=[JsonCacher])
    def see(record):
        MEMO["seen"] = True
        return [SETTING, TABLE["rate"], Options.depth, tools.scaled(1), os.environ.get("SIZE")]
    """
TOOLS = """\
    import os
    FACTOR = 10
    SIZE_AT_IMPORT = os.environ.get("SIZE")

    def scaled(x):
        return FACTOR * x
    """
FRESH = [None, 1, 1, 10, None]


def look(module: str, variables: dict, environ: dict) -> tuple:
    """In another process: what a stage sees before, with, and after what was sent along."""
    see = importlib.import_module(module).see.__wrapped__
    before = see(None)
    try:
        with applied(variables, environ):
            seen = see(None)
            raise ValueError("in a stage")
    except ValueError:
        return before, seen, see(None)


def size_at_import(module: str, variables: dict, environ: dict) -> str | None:
    with applied(variables, environ):
        return importlib.import_module(module).SIZE_AT_IMPORT


def import_from(folder: str) -> None:
    sys.path.insert(0, folder)


@pytest.fixture(scope="module")
def elsewhere():
    """A process that was started anew and imports what it needs by itself."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def module(lab, monkeypatch, request, elsewhere):
    """A project's module, imported here; the other process can import it, too."""
    name = request.node.name.replace("test", "sent")
    for file, text in ((name, PROJECT), (f"{name}_tools", TOOLS)):
        (lab.root / f"{file}.py").write_text(dedent(text.replace("{name}", name)))
    monkeypatch.syspath_prepend(str(lab.root))
    elsewhere.submit(import_from, str(lab.root)).result()
    yield importlib.import_module(name)
    sys.modules.pop(name), sys.modules.pop(name + "_tools")


def sent(lab, module) -> dict:
    """The variables that a call of the stage sees now."""
    manager = lab.manager("plan")
    plan(lambda sets, m: module.see(Record(m, *sets)), [lab.Params("one")], manager)
    (entry,) = manager.session.plan.entries
    found = variables_of(entry.step.request, str(lab.root)).values()
    assert all(isinstance(variable, Variable) for variable in found)
    return {(one.module, one.name): cloudpickle.dumps(one()) for one in found}


def test_a_stage_sees_what_was_sent_along_and_nothing_of_it_stays(lab, module, elsewhere):
    for size in (2, 3):
        module.SETTING = [size]
        module.TABLE["rate"] = size / 2
        module.Options.depth = size + 1
        module.tools.FACTOR = -size
        variables, environ = sent(lab, module), {"SIZE": str(size)}
        found = elsewhere.submit(look, module.__name__, variables, environ).result()
        assert found == (FRESH, [[size], size / 2, size + 1, -size, str(size)], FRESH)


def test_what_is_as_an_import_gives_it_is_not_sent(lab, module):
    assert sent(lab, module) == {}
    module.SETTING = 1
    assert list(sent(lab, module)) == [(module.__name__, "SETTING")]


def test_a_module_is_imported_before_anything_changes(lab, module, elsewhere):
    tools = module.tools.__name__
    variables = {(tools, "FACTOR"): cloudpickle.dumps(3)}
    assert elsewhere.submit(size_at_import, tools, variables, {"SIZE": "5"}).result() is None


def test_a_variable_that_is_not_there_is_removed_again():
    name = (__name__, "made_by_sending")
    with applied({name: cloudpickle.dumps(1)}, {}):
        assert globals()["made_by_sending"] == 1
    assert "made_by_sending" not in globals()


def test_environment_variables_are_set_removed_and_put_back(monkeypatch):
    monkeypatch.setenv("SET", "a")
    monkeypatch.setenv("REMOVED", "b")
    before = dict(os.environ)
    with applied({}, {"SET": "x", "NEW": "y", "REMOVED": None, "NEVER": None}):
        assert (os.environ["SET"], os.environ["NEW"]) == ("x", "y")
        assert "REMOVED" not in os.environ
        os.environ["BY_THE_STAGE"] = "1"
    assert dict(os.environ) == before
