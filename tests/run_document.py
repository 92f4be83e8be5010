"""Executes a document: ``python run_document.py PAGE.md``, in an empty folder.

- A ``python`` block is executed; one whose first line is a comment with a path is saved there.
- A ``console`` block runs each line that begins with ``$``; what follows must be printed.
  ``$ cd examples/NAME`` goes to a new copy of that example.
- A ``text`` or ``json`` block right after another must be printed by that.

What must be printed is a part of it, line by line and in order. ``...`` stands for anything; times,
timestamps and hashes are not compared.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.\w+)\n")
_VARIES = {
    r"\d{4}-\d\d-\d\d[T-]\S*\d": "<time>",
    r"\b\d+\.\d+ ?s\b": "<seconds>",
    r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])": "<hash>",
    r"[ \t]+": " ",
}


def blocks(page: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text and number of the first line of each fenced block."""
    for found in _FENCE.finditer(page):
        yield found[1], found[2], page.count("\n", 0, found.start(2))


def without_what_varies(line: str) -> str:
    """The line, with one word for each time, hash and space, and without a comma at its end."""
    for pattern, word in _VARIES.items():
        line = re.sub(pattern, word, line)
    return line.strip().rstrip(",")


def missing_line(expected: str, printed: str) -> str | None:
    """The first expected line that was not printed after those before it."""
    lines = iter([without_what_varies(line) for line in printed.splitlines()])
    for wanted in filter(None, map(str.strip, expected.splitlines())):
        parts = without_what_varies(wanted).split("...")
        pattern = re.compile(".*".join(map(re.escape, parts)))
        if not any(pattern.fullmatch(line) for line in lines):
            return wanted
    return None


def check(expected: str, printed: str) -> None:
    missing = missing_line(expected, printed)
    if missing is not None:
        sys.exit(f"Not printed, or not in this order: {missing}\nThis was printed:\n{printed}")


def run_console(text: str) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        if command.startswith("cd examples/"):
            _go_to_copy(command.removeprefix("cd "))
            continue
        done = subprocess.run(
            command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        check(expected, done.stdout)


def _go_to_copy(example: str) -> None:
    # what demos left behind there is not part of it
    left_out = shutil.ignore_patterns("data", "logs", "notebooks", "reports", "__pycache__")
    source, target = Path(__file__).parent.parent / example, Path(example)
    target.mkdir(parents=True)
    for one in source.iterdir():
        if one.is_file():
            shutil.copy(one, target)
        elif one.name not in left_out(str(source), [one.name]):
            shutil.copytree(one, target / one.name, ignore=left_out)
    os.chdir(target)


def run_python(text: str, line: int, page: Path, namespace: dict) -> str:
    """Save or execute a block; gives what it printed."""
    named = _FILE.match(text)
    if named:
        Path(named[1]).parent.mkdir(parents=True, exist_ok=True)
        Path(named[1]).write_text(text)
        return ""
    # a real file, with the lines where the page has them: stages are known by their source
    source = Path(f"{page.stem}_{line}.py").absolute()
    source.write_text("\n" * line + text)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source.read_text(), source, "exec"), namespace)
    return printed.getvalue()


def run(page: Path) -> None:
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.path.insert(0, os.getcwd())
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    printed = ""
    for kind, text, line in blocks(page.read_text(encoding="utf-8")):
        if kind == "python":
            printed = run_python(text, line, page, vars(main))
        elif kind == "console":
            run_console(text)
        elif kind in ("text", "json"):
            check(text, printed)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
