"""Small projects written as text, and what the code of their stage is."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from curifactory.code import CodeIdentity, identify
from curifactory.errors import UnhashableValueError
from curifactory.hashing import digest

HERE = Path(__file__).parent


@dataclass
class Case:
    """A project and an edit of it.

    `files` are relative to the project; `start` is what is executed before the stage `work` of
    `stages.py` is looked at; `edits` are `(file, old, new)`, where the file may be `start` too.
    """

    title: str
    files: dict[str, str] = field(default_factory=dict)
    edits: list[tuple[str, str, str]] = field(default_factory=list)
    reason: str = ""

    def edited(self) -> dict[str, str]:
        files = dict(self.files)
        for name, old, new in self.edits:
            assert files[name].count(old) == 1, f"{self.title}: {old!r} is not there once"
            files[name] = files[name].replace(old, new)
        return files


def cases(table: str) -> list[Case]:
    """Read a table: `== title`, `-- file` with its lines, `-- edit file` with `old => new`."""
    found: list[Case] = []
    for block in re.split(r"^== ", (HERE / table).read_text(), flags=re.M)[1:]:
        title, _, rest = block.partition("\n")
        name, _, reason = title.partition(": because ")
        case = Case(name, reason=reason)
        for part in re.split(r"^-- ", rest, flags=re.M)[1:]:
            head, _, content = part.partition("\n")
            if head.startswith("edit "):
                pairs = [line.split(" => ") for line in content.splitlines() if line.strip()]
                case.edits += [(head[5:], unescaped(old), unescaped(new)) for old, new in pairs]
            else:
                case.files[head] = content
        case.files.setdefault("start", "import stages\n")
        found.append(case)
    return found


def unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\s", " ")


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Import modules from a folder for a while, as a process that is started in it does."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "") or "") or str(
                folder
            ) in str(getattr(sys.modules[name], "__path__", "")):
                del sys.modules[name]


def look(folder: Path) -> CodeIdentity:
    """Give the identity of the stage `work` in the project that is running."""
    exec((folder / "start").read_text(), {"__name__": "start"})
    return identify(sys.modules["stages"].work, root=str(folder))


def counted(identity: CodeIdentity) -> tuple[str, dict[str, str]]:
    """Give all of an identity that counts: its digest, and what its variables hold."""
    return identity.digest, {name: _known(get()) for name, get in identity.dynamic.items()}


def _known(value: object) -> str:
    try:
        return digest(value)
    except UnhashableValueError:
        return "unknown"


def identity_of(folder: Path, files: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Write a project, run it, and give all of its stage's identity that counts."""
    write(folder, files)
    with running(folder):
        return counted(look(folder))
