"""Many artifacts are entered at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from curifactory.runs.entering_artifacts import enter_artifacts
from curifactory.runs.entry import ArtifactRow
from curifactory.runs.schema import bring_up_to_date


@pytest.fixture
def history():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        bring_up_to_date(connection, 0)
        yield connection


def commits(numbers, path="one"):
    """Artifacts that took each other's place in one file, the later the number the newer."""
    return [
        ArtifactRow(
            folder="cache",
            path=f"{path}.json",
            metadata_path=f"{path}_metadata.json",
            generation=f"{path} {number}",
            experiment="trial",
            stage="make",
            name="numbers",
            hash="abc",
            set_name="a",
            record="a_abc",
            cacher=None,
            size=1,
            executed_seconds=0.1,
            saved_seconds=0.1,
            generated=float(number),
            content="xxh3:0",
            made_by=None,
        )
        for number in numbers
    ]


def there(history):
    rows = history.execute("SELECT generation FROM artifacts WHERE gone IS NULL ORDER BY id")
    return [generation for (generation,) in rows]


def test_of_many_commits_of_one_file_the_newest_is_there(history):
    enter_artifacts(history, commits([3, 9, 4]) + commits([1], "other"))
    assert there(history) == ["one 9", "other 1"]
    enter_artifacts(history, commits([7, 12]))
    assert there(history) == ["other 1", "one 12"]


def test_each_gets_its_id_and_keeps_it(history):
    first = enter_artifacts(history, commits([1, 2]))
    again = enter_artifacts(history, commits([2, 3, 1, 3]))
    assert [again[2], again[0]] == first
    assert again[1] == again[3]


def test_the_work_grows_in_proportion_to_the_commits_of_one_file(history):
    done = [0]

    def count():
        done[0] += 1

    history.set_progress_handler(count, 100)
    work = []
    for beginning, count_of_them in ((0, 100), (1000, 400)):
        done[0] = 0
        enter_artifacts(history, commits(range(beginning, beginning + count_of_them), "many"))
        work.append(done[0])
    assert work[1] < 6 * work[0]
