from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import click
import pytest
from click.testing import CliRunner, Result

from curifactory.cli.ending import VERBOSE, Terminated, sigterm_as_interrupt
from curifactory.cli.group import Commands
from curifactory.errors import (
    ConfigurationError,
    CurifactoryError,
    ExperimentNotFoundError,
    InputSignatureError,
    InvalidNameError,
    ParameterFileNotFoundError,
    ParameterSetError,
    UnusableArtifactError,
)
from curifactory.settings import load_settings


def ending(error: BaseException, verbose: bool = False) -> Result:
    """Run a command that raises ``error``."""

    @click.command()
    @click.pass_context
    def fail(ctx: click.Context) -> None:
        ctx.meta[VERBOSE] = verbose
        raise error

    return CliRunner().invoke(Commands("program", {"fail": fail}), ["fail"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigurationError("x"), 2),
        (ExperimentNotFoundError("x"), 2),
        (ParameterFileNotFoundError("x"), 2),
        (ParameterSetError("x"), 2),
        (InvalidNameError("x"), 2),
        (click.UsageError("x"), 2),
        (CurifactoryError("x"), 1),
        (InputSignatureError("x"), 1),
        (UnusableArtifactError("x"), 1),
        (ZeroDivisionError("x"), 1),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (Terminated(), 143),
        (SystemExit(5), 5),
        (SystemExit("text"), 1),
        (SystemExit(0), 1),
    ],
)
def test_every_end_has_its_exit_status(error, status):
    assert ending(error).exit_code == status


def test_one_of_our_errors_is_only_its_message_and_notes():
    error = ConfigurationError("The file is broken.")
    error.add_note("while reading")

    result = ending(error)

    assert result.stderr == "Error: The file is broken.\nwhile reading\n"
    assert result.stdout == ""


def test_verbose_shows_the_traceback_of_our_errors_too():
    assert "Traceback" in ending(ConfigurationError("x"), verbose=True).stderr


def test_a_users_error_comes_with_its_frames_and_notes_but_without_ours():
    try:
        try:
            load_settings(locking="the cause")
        except ConfigurationError as cause:
            raise ValueError("users value") from cause
    except ValueError as error:
        error.add_note("in stage 'train'")
        result = ending(error)
        whole = ending(error, verbose=True)

    assert "the cause" in result.stderr
    assert "ValueError: users value\nin stage 'train'\n" in result.stderr
    assert __file__ in result.stderr
    assert "/curifactory/settings/" not in result.stderr
    assert "/curifactory/cli/" not in result.stderr
    assert "/click/" not in result.stderr
    assert "/curifactory/settings/" in whole.stderr


def test_groups_of_errors_are_trimmed_inside_too():
    inner = ending(ExceptionGroup("several", [ValueError("one"), TypeError("two")]))

    assert "ValueError: one" in inner.stderr
    assert "TypeError: two" in inner.stderr
    assert "curifactory/cli/" not in inner.stderr


def test_an_error_that_never_left_our_code_keeps_its_frames(monkeypatch):
    # a callback of the standard library has no frame of ours or of a user
    result = CliRunner().invoke(
        Commands("program", {"fail": click.Command("fail", callback=lambda: int("x"))}), ["fail"]
    )
    monkeypatch.setattr("curifactory.cli.ending._is_users", lambda frame: False)
    hidden = CliRunner().invoke(
        Commands("program", {"fail": click.Command("fail", callback=lambda: int("x"))}), ["fail"]
    )

    assert "curifactory/cli/" not in result.stderr
    assert "curifactory/cli/" in hidden.stderr


def test_output_that_nobody_reads_is_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-m", "curifactory.cli", "config"],
        stdout=writer, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writer)

    assert result.stderr == ""
    assert result.returncode == 1


def test_an_interruption_is_one_calm_line():
    assert ending(KeyboardInterrupt()).stderr == "Interrupted.\n"
    assert ending(Terminated()).stderr == "Terminated.\n"


def test_sigterm_is_raised_as_an_interrupt_and_the_handler_put_back():
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), sigterm_as_interrupt():
        os.kill(os.getpid(), signal.SIGTERM)

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_swallowed_sigterm_is_still_an_end_by_sigterm():
    def swallow() -> None:
        with sigterm_as_interrupt():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except KeyboardInterrupt:
                pass

    with pytest.raises(Terminated):
        swallow()


def test_in_another_thread_signals_are_left_alone():
    seen = []

    def look() -> None:
        with sigterm_as_interrupt():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == [signal.getsignal(signal.SIGTERM)]
