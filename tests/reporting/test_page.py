from __future__ import annotations

import builtins
import os
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from curifactory.caching.rendered import RenderedReportable
from curifactory.errors import MissingDependencyError
from curifactory.reporting.display import reportables_html
from curifactory.reporting.page import write_report
from curifactory.reporting.report import ArtifactRow, ParameterSetRow, RunReport, StepRow

BAD = "<script>alert('&')</script>"
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """A page as a browser sees it; a tag that is not closed in its turn is an error."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, attribute):
        return [attrs[attribute] for _, attrs in self.tags if attribute in attrs]


def reportable(number=0, group="", stage="train", html=("<p>shown</p>",), files=(), **given):
    values = {
        "name": f"plot {number}",
        "group": group,
        "kind": "HTMLReporter",
        "qualified_name": f"{stage}_abc_plot_{number}",
        "stage": stage,
        "record_name": "base",
        "record_hash": "abc",
        "html": tuple(html),
        "files": tuple(files),
    }
    return RenderedReportable(**values | given)


def report(**given):
    values = {"reference": "digits_1", "status": "complete", "started": "2026-01-02T03:04:05"}
    return RunReport(**values | given)


def written(folder, **given):
    path = write_report(report(**given), str(folder))
    with open(path, encoding="utf-8") as file:
        return Page(file.read())


def kept_file(folder, name, content=b"png"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


FULL = {
    "ended": "2026-01-02T03:05:05",
    "facts": {"experiment": "digits", "notes": "a note"},
    "messages": ("careful",),
    "steps": (
        StepRow("base", "train", "RUN", "its code changed", "executed", 1.234),
        StepRow("base", "test", "LOAD", "valid"),
    ),
    "parameter_sets": (
        ParameterSetRow("base", "abc", {"rate": "0.1", "layers": "(1, 2)"}),
        ParameterSetRow("wide", "def", {"rate": "0.1", "layers": "(3, 4)"}),
    ),
    "artifacts": (ArtifactRow("base", "train", "model", "data/cache/model.pkl"),),
}


def test_everything_of_a_run_is_on_its_page(tmp_path):
    page = written(tmp_path, **FULL, reportables=((reportable(), str(tmp_path)),))
    for text in (
        "digits_1",
        "complete",
        "2026-01-02T03:05:05",
        "a note",
        "careful",
        "its code changed",
        "1.23",
        "not reached",
        "abc",
        "(3, 4)",
        "data/cache/model.pkl",
        "shown",
        "plot 0",
    ):
        assert text in page.text, text


def test_an_empty_report_is_a_page(tmp_path):
    assert "digits_1" in written(tmp_path).text


def test_one_step_is_not_steps(tmp_path):
    assert "1 step:" in written(tmp_path, steps=FULL["steps"][:1]).text
    assert "2 steps:" in written(tmp_path, steps=FULL["steps"]).text


def test_everything_but_the_html_of_reportables_is_escaped(tmp_path):
    item = reportable(name=BAD, group=BAD, stage=BAD, kind=BAD, record_name=BAD, record_hash=BAD)
    page = written(
        tmp_path / "report",
        reference=BAD,
        status=BAD,
        started=BAD,
        ended=BAD,
        facts={BAD: BAD},
        messages=(BAD,),
        steps=(StepRow(BAD, BAD, BAD, BAD, BAD, 1.0),),
        parameter_sets=(
            ParameterSetRow(BAD, BAD, {BAD: BAD, "x": BAD}),
            ParameterSetRow(BAD, BAD, {BAD: BAD}),
        ),
        artifacts=(ArtifactRow(BAD, BAD, BAD, BAD),),
        reportables=((item, str(tmp_path)),),
    )
    assert "script" not in [tag for tag, _ in page.tags]
    assert page.text.count(BAD) > 25


def test_the_html_of_a_reportable_is_used_as_it_is(tmp_path):
    item = reportable(html=("<svg class='mine'></svg>",))
    assert ("svg", {"class": "mine"}) in written(tmp_path, reportables=((item, ""),)).tags


def test_text_that_is_not_unicode_can_be_written(tmp_path):
    assert "digits_1" in written(tmp_path, messages=("half \ud800 pair",)).text


def test_every_link_of_the_page_leads_somewhere(tmp_path):
    items = tuple(
        (reportable(number % 3, group, stage), str(tmp_path))
        for number in range(4)
        for group in ("", "fits", "Fits")
        for stage in ("train", "te st", "")
    )
    page = written(tmp_path, **FULL, reportables=items)
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.all("href") if link.startswith("#")} <= set(ids)
    assert sum(tag == "article" for tag, _ in page.tags) == len(items)


def test_files_of_reportables_are_copied_beside_the_page(tmp_path):
    kept_file(tmp_path / "kept", "a.png", b"picture")
    item = reportable(html=('<img src="reportables/a.png">',), files=("a.png",))
    page = written(tmp_path / "report", reportables=((item, str(tmp_path / "kept")),))
    (source,) = page.all("src")
    assert (tmp_path / "report" / source).read_bytes() == b"picture"


def test_files_of_one_name_from_two_folders_stay_apart(tmp_path):
    item = reportable(html=('<img src="reportables/a.png">',), files=("a.png",))
    for folder in ("one", "two"):
        kept_file(tmp_path / folder, "a.png", folder.encode())
    items = tuple((item, str(tmp_path / folder)) for folder in ("one", "two", "one"))
    page = written(tmp_path / "report", reportables=items)
    shown = [(tmp_path / "report" / source).read_bytes() for source in page.all("src")]
    assert shown == [b"one", b"two", b"one"]


def test_a_missing_file_is_told_on_the_page(tmp_path):
    item = reportable(files=("gone.png",))
    assert "gone.png is missing" in written(tmp_path, reportables=((item, "nowhere"),)).text


def test_a_link_that_leads_out_of_its_folder_is_not_followed(tmp_path):
    kept_file(tmp_path, "secret.txt", b"secret")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a.txt").symlink_to(tmp_path / "secret.txt")
    item = reportable(html=("reportables/a.txt",), files=("a.txt",))
    page = written(tmp_path / "report", reportables=((item, str(tmp_path / "kept")),))
    assert "a.txt is missing" in page.text
    assert not (tmp_path / "report" / "reportables").exists()
    assert "data:" not in reportables_html([item], str(tmp_path / "kept"))


def test_a_report_written_again_replaces_the_earlier_one(tmp_path):
    kept_file(tmp_path / "kept", "old.png")
    kept_file(tmp_path / "kept", "sub/new.png")
    for name in ("old.png", "sub/new.png"):
        written(
            tmp_path / "report", reportables=((reportable(files=(name,)), str(tmp_path / "kept")),)
        )
    files = sorted(
        os.path.relpath(os.path.join(base, name), tmp_path / "report")
        for base, _, names in os.walk(tmp_path / "report")
        for name in names
    )
    assert files == ["index.html", "report.json", "reportables/sub/new.png", "style.css"]


def test_equal_runs_give_equal_files(tmp_path):
    for folder in ("a", "b"):
        written(tmp_path / folder, **FULL, reportables=((reportable(), ""),))
    for name in ("index.html", "report.json", "style.css"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_style_sheet_of_the_user_is_taken_if_it_is_there(tmp_path):
    mine = tmp_path / "mine.css"
    write_report(report(), str(tmp_path / "a"), str(mine))
    mine.write_text("body { color: red }")
    write_report(report(), str(tmp_path / "b"), str(mine))
    assert "max-width" in (tmp_path / "a" / "style.css").read_text()
    assert (tmp_path / "b" / "style.css").read_text() == "body { color: red }"


def test_a_page_that_stands_alone_has_no_link_to_a_list(tmp_path):
    assert "../index.html" in written(tmp_path).all("href")
    alone = write_report(report(), str(tmp_path), listed=False)
    with open(alone, encoding="utf-8") as file:
        assert "../index.html" not in file.read()


def test_fields_that_are_the_same_in_all_sets_are_shown_once(tmp_path):
    sets = tuple(
        ParameterSetRow(f"set{number}", str(number), {"same": "constant", "rate": f"r{number}"})
        for number in range(50)
    )
    page = written(tmp_path, parameter_sets=sets)
    assert page.text.count("constant") == 1
    assert all(page.text.count(f"r{number}") for number in range(50))


def test_the_page_of_a_large_sweep_grows_in_proportion(tmp_path):
    sizes = []
    for count in (100, 1000):
        steps = tuple(
            StepRow(f"set{number}", f"stage{stage}", "RUN", "no artifact", "executed", 0.5)
            for number in range(count)
            for stage in range(5)
        )
        sets = tuple(
            ParameterSetRow(f"set{number}", f"{number:08}", {"rate": f"{number:08}"})
            for number in range(count)
        )
        items = tuple(
            (reportable(number, stage=f"stage{number % 5}"), "") for number in range(count)
        )
        path = write_report(
            report(steps=steps, parameter_sets=sets, reportables=items), str(tmp_path)
        )
        sizes.append(os.path.getsize(path))
    assert sizes[1] < 11 * sizes[0]


def test_long_tables_of_a_page_are_folded(tmp_path):
    short = written(tmp_path, **FULL)
    steps = FULL["steps"] * 100
    long = written(tmp_path, **FULL | {"steps": steps})
    folded = [
        sum(tag == "details" and "open" not in attrs for tag, attrs in page.tags)
        for page in (short, long)
    ]
    assert folded == [0, 2]


def test_without_jinja2_a_report_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "jinja2":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingDependencyError, match=r'pip install "curifactory\[reports\]"'):
        write_report(report(), str(tmp_path / "report"))
    assert not (tmp_path / "report").exists()


BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")
def test_a_browser_shows_the_page(tmp_path):
    path = write_report(report(**FULL, reportables=((reportable(), ""),)), str(tmp_path / "report"))
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        f"file://{path}",
    ]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    shown = subprocess.run(
        [*command, profile], capture_output=True, text=True, timeout=120, check=True
    )
    assert "<h1>digits_1</h1>" in shown.stdout


def test_a_notebook_shows_reportables_without_files_beside_it(tmp_path):
    kept_file(tmp_path, "a&b.png", b"picture")
    item = reportable(
        html=('<img src="reportables/a&amp;b.png">', "other-reportables/a&b.png"),
        files=("a&b.png",),
        name=BAD,
    )
    text = reportables_html([item], str(tmp_path))
    assert '<img src="data:image/png;base64,cGljdHVyZQ==">' in text
    assert "other-reportables/a&b.png" in text
    assert "<script>" not in text


def test_names_that_begin_alike_are_embedded_each_as_itself(tmp_path):
    names = ("a", "a.png", "a.png.txt")
    for name in names:
        kept_file(tmp_path, name, name.encode())
    item = reportable(html=tuple(f"<i>reportables/{name}</i>" for name in names), files=names)
    text = reportables_html([item], str(tmp_path))
    for encoded in ("YQ==<", "YS5wbmc=<", "YS5wbmcudHh0<"):
        assert encoded in text
