from __future__ import annotations

import logging
import os
import sys

import pytest

from curifactory.errors import NotFoundError
from curifactory.utils import run_command


@pytest.fixture
def messages(caplog):
    caplog.set_level(logging.INFO, logger="curifactory")
    return caplog


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_is_logged_line_by_line_and_returned(messages):
    result = run_command(python("print('one'); print('two')"))

    assert (result.returncode, result.stdout) == (0, "one\ntwo\n")
    assert [record.getMessage() for record in messages.records] == ["one", "two"]
    assert {record.name for record in messages.records} == {"curifactory"}


def test_what_goes_to_stderr_is_logged_too(messages):
    result = run_command(python("import sys; print('%s of %d', file=sys.stderr)"))

    assert result.stdout == "%s of %d\n"
    assert messages.messages == ["%s of %d"]


def test_a_line_is_logged_before_the_program_ends(tmp_path):
    flag = tmp_path / "seen"
    waiting = f"import os, time\nprint('x', flush=True)\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    handler = logging.Handler()
    handler.emit = lambda record: flag.touch()  # the program ends only after its line was logged
    logger = logging.getLogger("curifactory")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        assert run_command(python(waiting)).returncode == 0
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_a_failing_program_is_a_warning_with_its_exit_status(messages):
    result = run_command(python("raise SystemExit(7)"))

    assert result.returncode == 7
    [record] = messages.records
    assert record.levelno == logging.WARNING
    assert "exit status 7" in record.getMessage()


def test_output_that_is_no_text_does_no_harm():
    result = run_command(python("import sys; sys.stdout.buffer.write(b'\\xff\\n')"))

    assert result.stdout == "\ufffd\n"


def test_a_program_that_reads_finds_nothing():
    reader, writer = os.pipe()
    os.write(writer, b"typed by the user")
    os.close(writer)
    own_input = os.dup(0)
    os.dup2(reader, 0)
    try:
        result = run_command(python("import sys; print(repr(sys.stdin.read()))"))
    finally:
        os.dup2(own_input, 0)
        os.close(own_input)
        os.close(reader)

    assert result.stdout == "''\n"


def test_it_runs_in_the_given_folder(tmp_path):
    result = run_command(python("import os; print(os.getcwd())"), cwd=tmp_path)

    assert result.stdout.strip() == str(tmp_path)


def test_arguments_may_be_paths_and_pass_no_shell(tmp_path):
    odd = tmp_path / "a b; $(c)"

    result = run_command([*python("import sys; print(sys.argv[1])"), odd])

    assert result.stdout.strip() == str(odd)


@pytest.mark.parametrize("command", [["no-such-program-here", "x"], "ls -l", [], [""]])
def test_a_missing_program_is_a_clear_error(command):
    with pytest.raises(NotFoundError, match=r"\[\"program\", \"argument\"\]"):
        run_command(command)


def test_a_missing_folder_is_told_from_a_missing_program(tmp_path):
    with pytest.raises(NotFoundError, match="no such folder"):
        run_command(python(""), cwd=tmp_path / "missing")


def test_what_interrupts_the_log_also_ends_the_program(tmp_path):
    class Stop(Exception):
        pass

    def stop(record: logging.LogRecord) -> None:
        raise Stop

    handler = logging.Handler()
    handler.emit = stop
    logger = logging.getLogger("curifactory")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:  # were the program not ended, this would wait for ever
        with pytest.raises(Stop):
            run_command(python("import time\nprint('x', flush=True)\nwhile True: time.sleep(0.05)"))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
