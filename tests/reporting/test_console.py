from __future__ import annotations

import io

import pytest

from curifactory.amounts import format_seconds, format_size
from curifactory.events import (
    Departed,
    Failed,
    Finished,
    Loaded,
    Notice,
    Planned,
    PlannedStep,
    RunEnded,
    RunStarted,
    Saved,
    Started,
    StepName,
    Waiting,
)
from curifactory.reporting.console import ConsoleObserver

TRAIN = StepName("train", "base", "abc")
TEST = StepName("test_model", "wide", "def")
GET = StepName("get", "base", "abc")
PLAN = Planned(
    (
        PlannedStep(GET, "LOAD", "valid"),
        PlannedStep(TRAIN, "RUN", "its code changed"),
        PlannedStep(TEST, "RUN", "no artifact"),
    )
)
RUN = (
    RunStarted("digits_1", "digits", 1),
    PLAN,
    Loaded(GET, "data", "cache/data.json", 0.5),
    Finished(GET, "LOAD", "valid", 0.5),
    Started(TRAIN, "its code changed"),
    Saved(TRAIN, "model", "cache/model.pkl", 1234567),
    Finished(TRAIN, "RUN", "its code changed", 1.25),
    Started(TEST, "no artifact"),
    Finished(TEST, "RUN", "no artifact", 200),
    RunEnded("digits_1", "complete", 201.0, {"cache": "data/cache", "report": "r/index.html"}),
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _an_ordinary_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def printed(events, stream=None, **flags):
    stream = stream or io.StringIO()
    observer = ConsoleObserver(stream, **flags)
    for event in events:
        observer(event)
    return stream.getvalue()


def test_a_run_is_told_from_its_start_to_its_end():
    assert printed(RUN).splitlines() == [
        "digits: digits_1, 1 parameter set",
        "plan: 2 to run, 1 from cache, 0 skipped",
        "  base  train          1.2s",
        "  wide  test_model   3m 20s",
        "done in 3m 21s: 2 executed, 1 from cache, 0 skipped",
        "  cache   data/cache",
        "  report  r/index.html",
    ]


def test_verbose_tells_each_decision_its_reason_and_each_file():
    text = printed(RUN, verbose=True)
    for part in (
        "LOAD  base abc  get         valid",
        "from cache: valid",
        "runs: its code changed",
        "saved cache/model.pkl (1.2 MB)",
        "loaded cache/data.json in 0.5s",
    ):
        assert part in text
        assert part not in printed(RUN)


def test_quiet_tells_failures_only():
    assert printed(RUN, quiet=True) == ""
    assert "ValueError: bad" in printed([Failed(TRAIN, ValueError("bad"))], quiet=True)


def test_a_failed_run_says_what_failed_and_what_was_not_reached():
    events = (
        *RUN[:6],
        Failed(TRAIN, ValueError("bad\nat length")),
        RunEnded("digits_1", "error", 2.0),
    )
    lines = printed(events).splitlines()
    assert "  base  train       failed: ValueError: bad" in lines
    assert lines[-1] == (
        "failed after 2.0s: 0 executed, 1 from cache, 0 skipped, 1 failed, 1 not reached"
    )


def test_a_long_message_is_left_to_the_end_of_the_run():
    line = printed([Failed(TRAIN, ValueError("it begins so " + "and goes on " * 50))]).strip()
    assert "failed: ValueError: it begins so" in line
    assert line.endswith("…")
    assert len(line) < 120


def test_an_interrupted_run_is_not_called_failed():
    events = (
        *RUN[:6],
        Failed(TRAIN, KeyboardInterrupt()),
        RunEnded("digits_1", "interrupted", 2.0),
    )
    text = printed(events)
    assert "interrupted after 2.0s" in text
    assert "failed" not in text


def test_an_error_without_a_message_is_named():
    assert printed([Failed(TRAIN, ValueError())]).strip().endswith("failed: ValueError")


def test_notices_departures_and_waiting_are_told():
    text = printed(
        [
            Notice("mind\nthis"),
            Departed(TRAIN, "RUN", "LOAD", "another process was faster"),
            Waiting(TRAIN, "host 12"),
        ]
    )
    assert "note: mind this" in text
    assert "planned RUN, done LOAD: another process was faster" in text
    assert "waits for host 12" in text


def test_a_plan_that_ended_early_says_so():
    assert "more may follow: the value of x" in printed([Planned((), "the value of x")])


def test_a_live_manager_without_a_plan_is_told_too():
    assert printed([RUN[6]]) == "  base  train     1.2s\n"


def test_a_step_executed_before_the_pass_began_again_counts_as_executed():
    again = Finished(TRAIN, "LOAD", "valid", 0.1)
    assert "2 executed, 1 from cache" in printed((*RUN[:-1], again, RUN[-1]))


def test_control_characters_of_a_name_do_not_reach_the_terminal():
    step = StepName("train", "a\x1b[31m\r\nb", "abc")
    text = printed([Finished(step, "RUN", "", 1.0), Notice("\x1b]0;title\x07")])
    assert "\x1b" not in text
    assert "\r" not in text
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_stream_that_knows_ascii_only_gets_escapes(is_terminal):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    stream.isatty = lambda: is_terminal
    printed_to = ConsoleObserver(stream)
    printed_to(PLAN)
    printed_to(Notice("größe"))
    printed_to(Started(TRAIN, ""))
    stream.flush()
    assert rb"gr\xf6\xdfe" in raw.getvalue()


def test_a_terminal_has_colours_and_a_bar():
    text = printed(RUN, Terminal())
    assert "\x1b[32m" in text
    assert "0/2 train of base" in text
    assert "1/2 test_model of wide" in text


def test_the_bar_is_gone_before_anything_else_is_printed():
    lines = [line for line in printed(RUN, Terminal()).split("\n") if "━" in line or "─" in line]
    assert len(lines) == 2
    for line in lines:
        bar, _, rest = line.partition("\r\x1b[2K")
        assert "train  " not in bar
        assert rest


def test_the_bar_fits_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    step = StepName("s" * 200, "base", "abc")
    stream = Terminal()
    printed([PLAN], stream, no_color=True)
    before = len(stream.getvalue())
    printed([PLAN, Started(step, "")], stream, no_color=True)
    assert len(stream.getvalue()[before:].splitlines()[-1]) < 40


@pytest.mark.parametrize("flags", [{"progress": False}, {"plain": True}])
def test_the_bar_can_be_done_without(flags):
    assert "0/2" not in printed(RUN, Terminal(), **flags)


def test_what_is_no_terminal_has_neither_colours_nor_bar():
    text = printed(RUN, progress=True)
    assert "\x1b" not in text
    assert "0/2" not in text


@pytest.mark.parametrize("flags", [{"no_color": True}, {"plain": True}])
def test_colours_can_be_done_without(flags):
    assert "\x1b[3" not in printed(RUN, Terminal(), **flags)


def test_no_color_of_the_environment_is_honoured(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(RUN, Terminal())


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in printed(RUN, Terminal())


@pytest.mark.parametrize("stream_type", [io.StringIO, Terminal])
def test_a_closed_stream_does_not_end_the_run(stream_type):
    stream = stream_type()
    observer = ConsoleObserver(stream)
    stream.close()
    for event in RUN:
        observer(event)


def test_lines_go_to_standard_output_by_default(capsys):
    observer = ConsoleObserver()
    observer(Notice("mind"))
    assert capsys.readouterr() == ("  note: mind\n", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00s"),
        (0.05, "0.05s"),
        (1.25, "1.2s"),
        (59.94, "59.9s"),
        (59.96, "1m 00s"),
        (187, "3m 07s"),
        (3599.7, "1h 00m"),
        (7500, "2h 05m"),
    ],
)
def test_durations_are_said_as_a_person_says_them(seconds, text):
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (2.5e9, "2.5 GB"),
        (3e12, "3.0 TB"),
    ],
)
def test_sizes_are_said_as_a_person_says_them(size, text):
    assert format_size(size) == text
