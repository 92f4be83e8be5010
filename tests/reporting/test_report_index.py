from __future__ import annotations

import json
import os

import pytest

from curifactory.errors import NotFoundError
from curifactory.reporting.index import list_reports, update_latest, write_index
from curifactory.reporting.page import write_report
from curifactory.reporting.report import ParameterSetRow, RunReport


def add(folder, reference, started="2026-01-01", **given):
    write_report(RunReport(reference, "complete", started, **given), str(folder / reference))


def index_text(folder):
    with open(write_index(str(folder)), encoding="utf-8") as file:
        return file.read()


def test_the_newest_report_is_listed_first(tmp_path):
    add(tmp_path, "b_1", "2026-01-02")
    add(tmp_path, "a_1", "2026-01-03")
    add(tmp_path, "c_1", "2026-01-01")
    assert [entry.reference for entry in list_reports(str(tmp_path))] == ["a_1", "b_1", "c_1"]


def test_the_list_says_what_each_run_was(tmp_path):
    add(
        tmp_path,
        "a_1",
        "2026-01-03",
        facts={"notes": "<b>mind</b>"},
        parameter_sets=(ParameterSetRow("x", "y", {}),) * 7,
    )
    text = index_text(tmp_path)
    assert 'href="a_1/index.html"' in text
    assert "&lt;b&gt;mind&lt;/b&gt;" in text
    assert ">7<" in text
    assert "2026-01-03" in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"status": 3, "started": [], "notes": {}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_summary_costs_no_more_than_its_own_line(content, tmp_path):
    add(tmp_path, "good_1")
    add(tmp_path, "broken_1")
    (tmp_path / "broken_1" / "report.json").write_bytes(content)
    entries = list_reports(str(tmp_path))
    assert [entry.reference for entry in entries] == ["good_1", "broken_1"]
    assert entries[1].status == "unknown"
    assert "broken_1" in index_text(tmp_path)


def test_what_is_no_report_is_not_listed(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "style.css").write_text("")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "index.html").write_text("")
    assert list_reports(str(tmp_path)) == []
    assert "no reports yet" in index_text(tmp_path)


def test_names_of_folders_are_escaped(tmp_path):
    name = os.fsdecode(b'a\xff#?"<b>%')
    (tmp_path / name).mkdir()
    (tmp_path / name / "index.html").write_text("")
    text = index_text(tmp_path)
    assert 'href="a%FF%23%3F%22%3Cb%3E%25/index.html"' in text
    assert "<b>" not in text


def test_the_list_leaves_the_style_sheet_of_the_user_alone(tmp_path):
    style = tmp_path / "style.css"
    style.write_text("p { color: red } /* </style><script> */")
    write_index(str(tmp_path), str(style))
    text = (tmp_path / "index.html").read_text()
    assert "color: red" in text
    assert "</style><script>" not in text
    write_index(str(tmp_path / "new"))
    assert os.listdir(tmp_path / "new") == ["index.html"]


def test_the_latest_is_a_copy_of_plain_files(tmp_path):
    add(tmp_path, "a_1")
    add(tmp_path, "a_2")
    for reference in ("a_1", "a_2"):
        latest = update_latest(str(tmp_path), reference)
        with open(os.path.join(latest, "report.json"), encoding="utf-8") as file:
            assert json.load(file)["reference"] == reference
    assert not os.path.islink(latest)
    assert sorted(os.listdir(tmp_path)) == ["_latest", "a_1", "a_2"]


def test_a_link_called_latest_is_replaced_and_not_followed(tmp_path):
    add(tmp_path, "a_1")
    add(tmp_path, "a_2")
    (tmp_path / "_latest").symlink_to("a_1")
    update_latest(str(tmp_path), "a_2")
    assert not (tmp_path / "_latest").is_symlink()
    assert json.loads((tmp_path / "a_1" / "report.json").read_text())["reference"] == "a_1"
    assert json.loads((tmp_path / "_latest" / "report.json").read_text())["reference"] == "a_2"


def test_the_latest_is_linked_and_not_listed(tmp_path):
    add(tmp_path, "a_1")
    assert "_latest" not in index_text(tmp_path)
    update_latest(str(tmp_path), "a_1")
    assert index_text(tmp_path).count("_latest") == 1


def test_a_report_that_is_not_there_does_not_become_the_latest(tmp_path):
    add(tmp_path, "a_1")
    update_latest(str(tmp_path), "a_1")
    with pytest.raises(NotFoundError, match="a_2"):
        update_latest(str(tmp_path), "a_2")
    assert (tmp_path / "_latest" / "index.html").is_file()
