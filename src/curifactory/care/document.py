"""One metadata file, and what is true of the artifact that it describes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curifactory.care.item import State
from curifactory.store.commit import Commit
from curifactory.store.digest import digest_file
from curifactory.store.look import look, strangers
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.slot import Slot


@dataclass(frozen=True, slots=True)
class Document:
    """A metadata file that was read.

    Parameters
    ----------
    slot : Slot
        Where its artifact belongs.
    content : dict, optional
        What it says, if it is whole.
    commit : Commit, optional
        The commit in it, if there is one.
    problem : str
        Why it is not whole.
    """

    slot: Slot
    content: dict[str, Any] | None = None
    commit: Commit | None = None
    problem: str = ""

    @property
    def step(self) -> str | None:
        """What the file names of all outputs of this call of a stage begin with."""
        content = self.content or {}
        begin = self.slot.stem.removesuffix(str(content.get("artifact_name")))
        is_ours = begin.endswith(f"_{content.get('stage')}_")
        return os.path.join(self.slot.folder, begin) if is_ours else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is true of an artifact; `strangers` are files among its own that are none of it."""

    state: State
    reason: str = ""
    strangers: tuple[str, ...] = ()


def read_document(path: str) -> Document:
    """Read a metadata file."""
    folder, name = os.path.split(path)
    slot = Slot(folder, name.removesuffix(METADATA_SUFFIX))
    try:
        with open(path, "rb") as file:
            content = parse(file.read())
        written = content.get("commit") if "schema" in content else None
        return Document(slot, content, None if written is None else Commit.from_json(written))
    except BrokenMetadata as error:
        return Document(slot, problem=str(error))
    except OSError as error:
        return Document(slot, problem=f"its metadata cannot be read ({error.strerror or error})")


def judge(document: Document) -> Judgement:
    """Compare an artifact, to the byte, with what its metadata says; nothing is unpickled."""
    if document.content is None:
        return Judgement("damaged", document.problem)
    if "schema" not in document.content:
        return Judgement("unverified", "its metadata is of an older layout")
    if "commit" not in document.content:
        return Judgement("unverified", "its metadata was not written by a stage")
    if document.commit is None:
        return Judgement("leftover", "a save of it was interrupted")
    slot, commit = document.slot, document.commit
    found = look(slot)
    if found.commit is not None:
        problem = _first_changed(slot, commit)
        return Judgement("damaged", problem) if problem else Judgement("valid")
    if commit.files and not any(os.path.lexists(path) for path in paths_of(document)):
        return Judgement("orphaned", "it is metadata whose files are gone")
    extra = tuple(strangers(slot, commit))
    only_extra = extra and commit.stem == slot.stem and _first_changed(slot, commit) is None
    return Judgement("damaged", found.reason, extra if only_extra else ())


def paths_of(document: Document) -> list[str]:
    """The files that an artifact has by its commit."""
    entries = document.commit.files if document.commit is not None else ()
    return [os.path.normpath(os.path.join(document.slot.folder, e.path)) for e in entries]


def from_other_calls(documents: Iterable[Document]) -> set[str]:
    """Metadata paths of valid artifacts that another call made than the outputs beside them.

    The outputs that were committed last are taken for the right ones.
    """
    steps: dict[str, list[tuple[str, Document, Commit]]] = {}
    for document in documents:
        if document.step is not None and document.commit is not None:
            name = str((document.content or {})["artifact_name"])
            steps.setdefault(document.step, []).append((name, document, document.commit))
    wrong = set()
    for outputs in steps.values():
        siblings = max((commit for _, _, commit in outputs), key=lambda c: c.time).siblings
        for name, document, commit in outputs:
            is_one = siblings == commit.siblings and siblings.get(name) == commit.content
            if name in siblings and not is_one:
                wrong.add(document.slot.metadata_path)
    return wrong


def _first_changed(slot: Slot, commit: Commit) -> str | None:
    """The first file whose bytes are not those that were saved, read anew."""
    for entry in commit.files:
        try:
            same = digest_file(os.path.join(slot.folder, entry.path), _method(entry.digest))
        except (OSError, ValueError) as error:
            return f"its file {entry.path} cannot be read ({error})"
        if same != entry.digest:
            return f"the bytes of {entry.path} are not those that were saved"
    return None


def _method(digest: str) -> str:
    return digest.partition(":")[0]
