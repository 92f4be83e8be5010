"""What was removed stays known."""

from __future__ import annotations

import pytest

from curifactory.errors import ArtifactSaveError
from curifactory.runs.forgetting import forget, forgotten_metadata
from curifactory.runs.history import History
from curifactory.runs.places import Place
from curifactory.store.metadata import parse


@pytest.fixture
def artifact(project):
    """The metadata file of an artifact of a real run, and what is in it."""
    project.write("experiments/one.py", ONE)
    project.succeed("one")
    path = project.file("sum_metadata.json")
    return str(path), parse(path.read_bytes())


ONE = """\
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @stage([], ["sum"], [JsonCacher])
    def add(record):
        return 3

    def run(param_sets, manager):
        add(Record(manager, param_sets[0]))

    def get_params():
        return [ExperimentParameters("a")]
    """


@pytest.fixture
def history(project):
    return History(str(project.root / "data"), lambda _: None)


@pytest.fixture
def place(project):
    return Place(str(project.cache), "cache")


@pytest.fixture
def kept(rows):
    """What is known of removed artifacts: name, reason, and the metadata."""

    def ask():
        found = rows(
            "SELECT name, gone = removed, reason, metadata FROM forgotten "
            "JOIN artifacts ON artifacts.id = artifact"
        )
        return [(name, gone, why, forgotten_metadata(text)) for name, gone, why, text in found]

    return ask


def test_metadata_of_what_was_removed_is_kept(history, place, artifact, kept):
    forget(history.database, history.files, place, [artifact], "gc")
    assert kept() == [("sum", 1, "gc", artifact[1])]


def test_it_survives_the_loss_of_the_database(history, place, artifact, kept, project):
    forget(history.database, history.files, place, [artifact], "rm")
    (project.root / "data/runs.sqlite").unlink()
    assert kept() == [("sum", 1, "rm", artifact[1])]


def test_it_survives_without_the_run_that_made_it(history, place, artifact, kept, project):
    """As when the run was killed, or belongs to another project."""
    for name in (project.root / "data/history").glob("one_*.json"):
        name.unlink()
    (project.root / "data/runs.sqlite").unlink()
    forget(history.database, history.files, place, [artifact], "gc")
    (project.root / "data/runs.sqlite").unlink()
    assert kept() == [("sum", 1, "gc", artifact[1])]


def test_a_damaged_file_takes_no_other_with_it(history, place, artifact, kept, project):
    forget(history.database, history.files, place, [artifact], "gc")
    folder = project.root / "data/history/forgotten"
    (folder / "0.jsonl.gz").write_bytes(b"\x1f\x8b half")
    (folder / "1.jsonl.gz").write_text("no gzip")
    (project.root / "data/runs.sqlite").unlink()
    assert [name for name, *_ in kept()] == ["sum"]


def test_what_cannot_be_kept_is_an_error_and_nothing_counts_as_removed(
    history, place, artifact, kept, project, rows
):
    (project.root / "data/history/forgotten").write_text("in the way")
    with pytest.raises(ArtifactSaveError, match="cannot be kept"):
        forget(history.database, history.files, place, [artifact], "gc")
    assert kept() == []
    assert rows("SELECT count(*) FROM artifacts WHERE gone IS NOT NULL") == [(0,)]


def test_what_is_made_again_is_there_again(history, place, artifact, project, rows):
    forget(history.database, history.files, place, [artifact], "gc")
    for name in project.cache.iterdir():
        name.unlink()
    project.succeed("one")
    assert rows("SELECT gone IS NULL FROM artifacts ORDER BY id") == [(0,), (1,)]
