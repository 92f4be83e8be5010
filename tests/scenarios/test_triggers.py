"""What makes an artifact stale is a set of triggers, and the user chooses it."""

from __future__ import annotations

import pytest

from curifactory import Record, stage
from curifactory.caching import JsonCacher
from curifactory.errors import CodeChangedError

SETTINGS = {
    "inputs": "on_input_change",
    "parameters": "on_parameter_change",
    "cacher": "on_cacher_change",
    "code": "on_code_change",
}


class Versioned(JsonCacher):
    def __init__(self, *args, version=1, **kwargs):
        super().__init__(*args, **kwargs)
        self.version = version


def once(record, raw):
    return [raw, "once"]


def twice(record, raw):
    return [raw, "twice"]


def runs(lab, changed: str | None = None):
    """The experiment as it was, or with one thing changed."""

    def add(record, raw, unit=1):
        return (twice if changed == "code" else once)(record, raw)

    add = stage(["raw"], ["sum"], [Versioned(version=2 if changed == "cacher" else 1)])(add)

    def run(param_sets, manager):
        record = Record(manager, param_sets[0])
        record.state["raw"] = 2 if changed == "inputs" else 1
        add(record, **({"unit": 2} if changed == "parameters" else {"unit": 1}))
        return None if manager.map_mode else record.state["sum"]

    return run


@pytest.mark.parametrize("policy", ["rerun", "warn", "ignore", "error"])
@pytest.mark.parametrize("trigger", SETTINGS)
def test_each_trigger_counts_as_its_setting_says(lab, trigger, policy, mode):
    lab.run(runs(lab), lab.Params("a"))
    others = dict.fromkeys(SETTINGS.values(), "ignore")
    options = {**others, SETTINGS[trigger]: policy}
    if policy == "error":
        with pytest.raises(CodeChangedError):
            lab.run(runs(lab, trigger), lab.Params("a"), mode=mode, **options)
        assert lab.decisions == {}
        return
    lab.run(runs(lab, trigger), lab.Params("a"), mode=mode, **options)
    assert lab.decisions == {"add a": "RUN" if policy == "rerun" else "LOAD"}
    told = [message for message in lab.notices if "used as they are" in message]
    assert len(told) == (policy == "warn")


def test_by_default_all_but_code_and_packages_make_stale(lab):
    lab.run(runs(lab), lab.Params("a"))
    for trigger in SETTINGS:
        lab.run(runs(lab, trigger), lab.Params("a"))
        assert lab.decisions == {"add a": "LOAD" if trigger == "code" else "RUN"}
        lab.run(runs(lab), lab.Params("a"), overwrite=True)


def test_what_reads_from_a_stage_that_runs_again_stays_if_inputs_are_ignored(lab):
    @stage(outputs=["one"], cachers=[JsonCacher])
    def make(record, of=1):
        return of

    @stage(["one"], ["two"], [JsonCacher])
    def double(record, one):
        return 2 * one

    def run_with(of, **options):
        def run(param_sets, manager):
            record = double(make(Record(manager, param_sets[0]), of=of))
            return None if manager.map_mode else (record.state["one"], record.state["two"])

        return lab.run(run, lab.Params("a"), **options)

    assert run_with(1) == (1, 2)
    assert run_with(2, on_input_change="ignore") == (2, 2)
    assert lab.planned == {"make a": "RUN", "double a": "LOAD"}
    assert run_with(2) == (2, 4)
    # whoever asks for a stage to run again wants what depends on it, too
    run_with(2, on_input_change="ignore", overwrite_stages=["make"])
    assert lab.decisions == {"make a": "RUN", "double a": "RUN"}


def test_a_setting_of_the_project_counts(lab, monkeypatch):
    monkeypatch.setenv("CURIFACTORY_ON_CACHER_CHANGE", "ignore")
    lab.run(runs(lab), lab.Params("a"))
    lab.run(runs(lab, "cacher"), lab.Params("a"))
    assert lab.decisions == {"add a": "LOAD"}
