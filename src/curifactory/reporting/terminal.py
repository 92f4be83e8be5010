"""Where the console's lines go: a terminal with colours and a bar, or plain text."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol, TextIO

_BAR_WIDTH = 24


class Output(Protocol):
    """Takes lines, and shows how far a run is if it can."""

    def line(self, text: str, style: str = "", /) -> None:
        """Print a line; `style` is one of rich's, for who can show it."""

    def bar(self, done: int, total: int, text: str) -> None:
        """Show how far the run is, until the next line or bar."""

    def end_bar(self) -> None:
        """Take the bar away."""


def output_to(stream: TextIO, plain: bool, no_color: bool, progress: bool | None) -> Output:
    """Return what suits a stream: colours and the bar are for terminals only."""
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    if plain or not is_terminal:
        return PlainOutput(stream)
    return TerminalOutput(stream, no_color, has_bar=progress is not False)


class PlainOutput:
    """Text alone, line by line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._guard = _Guard()

    def line(self, text: str, _style: str = "", /) -> None:
        """Print a line."""
        self._guard.run(lambda: self._write(encodable(text, self._stream) + "\n"))

    def bar(self, done: int, total: int, text: str) -> None:
        """Show nothing: a file or a pipe has no line that could be taken back."""

    def end_bar(self) -> None:
        """Do nothing: there is no bar."""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class TerminalOutput:
    """Lines in colour, and below them a bar.

    The bar is redrawn when something happens and not otherwise: no thread runs beside the
    stages, standard output is not redirected, the cursor is not hidden.
    """

    def __init__(self, stream: TextIO, no_color: bool, has_bar: bool) -> None:
        from rich.console import Console

        self._stream = stream
        # None leaves it to the variable NO_COLOR
        self._console: Any = Console(file=stream, no_color=no_color or None, force_jupyter=False)
        self._has_bar = has_bar
        self._bar_shown = False
        self._guard = _Guard()

    def line(self, text: str, style: str = "", /) -> None:
        """Print a line in the place of the bar."""
        self.end_bar()
        self._print(text, style, end="\n")

    def bar(self, done: int, total: int, text: str) -> None:
        """Draw the bar, cut to the width of the terminal."""
        if not self._has_bar or not total:
            return
        self.end_bar()
        filled = _BAR_WIDTH * min(done, total) // total
        drawn = "━" * filled + "─" * (_BAR_WIDTH - filled) + f" {done}/{total} {text}"
        room = self._console.width - 3
        # two spaces keep what a stage prints apart from it
        self._print(drawn[:room] + "  ", "cyan", end="")
        self._bar_shown = True

    def end_bar(self) -> None:
        """Take the bar away."""
        if self._bar_shown:
            self._bar_shown = False
            self._guard.run(lambda: self._stream.write("\r\x1b[2K"))

    def _print(self, text: str, style: str, end: str) -> None:
        from rich.text import Text

        shown = Text(encodable(text, self._stream), style)
        self._guard.run(lambda: self._console.print(shown, end=end, soft_wrap=True))
        self._guard.run(self._stream.flush)


class _Guard:
    """Falls silent when nobody reads any more, so that a closed pipe does not end a run."""

    def __init__(self) -> None:
        self._closed = False

    def run(self, write: Callable[[], Any]) -> None:
        if self._closed:
            return
        try:
            write()
        except (OSError, ValueError):
            self._closed = True


def encodable(text: str, stream: TextIO) -> str:
    """Return `text` with escapes for what `stream` or a terminal cannot show."""
    shown = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return shown.encode(encoding, "backslashreplace").decode(encoding)
