"""The commit record of an artifact: which files it has, and which call of its stage made them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from curifactory.store.digest import digest_bytes, digest_file, known, remember
from curifactory.store.metadata import BrokenMetadata

NO_SEALS: dict[str, str] = {}
"""One for all the artifacts that have none."""


# tuples, since thousands are made for every plan
class FileEntry(NamedTuple):
    """One file of an artifact: path relative to the metadata's folder, size in bytes, digest."""

    path: str
    size: int
    digest: str


class Commit(NamedTuple):
    """What makes files an artifact.

    Parameters
    ----------
    generation : str
        128 random bits in hex, the same for all outputs of one stage call.
    stem : str
        The file name that all files of the artifact begin with.
    time : float
        When it was committed, in seconds since the epoch.
    content : str
        One digest over all files, the same wherever and under whatever name they lie.
    files : tuple of FileEntry
        Every file.
    folders : tuple of str
        Folders that hold exactly the listed files, relative like the files' paths.
    absent : tuple of str
        Files that the cacher asked for and did not write; they must not appear later.
    references : tuple of (str, int)
        Files that the artifact only points at, with their sizes.
    siblings : dict of str to str
        The content of every output of the same stage call.
    seals : dict of str to str
        For files that are unpickled: by which the installation that wrote them knows them again.
    """

    generation: str
    stem: str
    time: float
    content: str
    files: tuple[FileEntry, ...]
    folders: tuple[str, ...]
    absent: tuple[str, ...]
    references: tuple[tuple[str, int], ...]
    siblings: dict[str, str]
    seals: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum([entry.size for entry in self.files])

    def to_json(self) -> dict[str, Any]:
        """The form in which metadata holds it."""
        return {
            "generation": self.generation,
            "stem": self.stem,
            "time": self.time,
            "content": self.content,
            "files": [[entry.path, entry.size, entry.digest] for entry in self.files],
            "folders": list(self.folders),
            "absent": list(self.absent),
            "references": [list(reference) for reference in self.references],
            "siblings": self.siblings,
            "seals": self.seals,
        }

    @classmethod
    def from_json(cls, document: Any, stem: str = "") -> Commit:
        """Read what `to_json` gave.

        Parameters
        ----------
        stem : str
            The stem that it probably has: equal texts are held once, since there may be many.

        Raises
        ------
        BrokenMetadata
            If it is something else.
        """
        try:
            content, siblings = document["content"], dict(document["siblings"])
            for name, other in siblings.items():
                if other == content:
                    siblings[name] = content
            return cls(
                str(document["generation"]),
                stem if document["stem"] == stem else str(document["stem"]),
                float(document["time"]),
                content,
                tuple([FileEntry(str(p), int(size), str(d)) for p, size, d in document["files"]]),
                tuple(document["folders"]),
                tuple(document["absent"]),
                tuple([(str(path), int(size)) for path, size in document["references"]]),
                siblings,
                dict(document["seals"]) if document["seals"] else NO_SEALS,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BrokenMetadata(f"its commit record is not one ({error!r})") from None


def file_entry(path: str, relative_to: str, written_aside: bool = False) -> FileEntry:
    """Describe a file that was just written.

    Parameters
    ----------
    written_aside : bool
        Whether nobody but the cacher knows the file, so that a digest made while it was written
        holds.

    Raises
    ------
    OSError
        If it is not there.
    """
    digest = known(path) if written_aside else None
    if digest is None:
        digest = digest_file(path)
        remember(path, digest)
    name = path[len(relative_to) + 1 :]
    if not relative_to or path != f"{relative_to}{os.sep}{name}" or os.sep in name:
        name = os.path.relpath(path, relative_to or ".")
    return FileEntry(name, os.stat(path).st_size, digest)


def content_digest(entries: Iterable[FileEntry], stem: str, pointed_at: Iterable[str] = ()) -> str:
    """One digest over files, in which the artifact's own name does not count.

    Parameters
    ----------
    entries : iterable of FileEntry
        The files.
    stem : str
        The artifact's own name.
    pointed_at : iterable of str
        What is known of the content of each file that the artifact only points at.
    """
    lines = sorted(
        f"{entry.path.removeprefix(stem) if entry.path.startswith(stem) else ''}\0{entry.digest}"
        for entry in entries
    )
    lines += [f"\0{state}" for state in pointed_at]
    return digest_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
