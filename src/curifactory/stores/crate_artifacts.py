"""Artifacts as entities of an RO-Crate: files, folders, and the outputs that they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.stores.contents import StoredFile
from curifactory.stores.crate_files import file_entity, file_id, reference, references
from curifactory.stores.crate_parameters import FORMAL_PARAMETER
from curifactory.stores.held import Held


@dataclass(frozen=True)
class CrateArtifact:
    """An artifact, and which of its files stands for it.

    Parameters
    ----------
    held : Held
        The artifact.
    main : StoredFile or None
        Its main file; ``None`` if it is a folder.
    others : tuple of StoredFile
        Its further files, or those of the folder; without metadata.
    """

    held: Held
    main: StoredFile | None
    others: tuple[StoredFile, ...]

    @property
    def id(self) -> str:
        """Its entity."""
        return file_id(self.held.path + "/" if self.main is None else self.main.path)

    @property
    def output_id(self) -> str:
        """The entity of the output that it is of."""
        return f"#output/{self.held.stage}/{self.held.name}"

    def entities(self) -> Iterator[dict[str, Any]]:
        """What describes it."""
        held = self.held
        what = f"'{held.name}' of stage '{held.stage}', record '{held.record}'"
        facts = {
            "description": what if held.made else f"{what}; made by an earlier run",
            "exampleOfWork": reference(self.output_id),
        }
        if self.main is not None:
            yield file_entity(self.main, **facts)
        else:
            parts = references(file_id(file.path) for file in self.others)
            yield {
                "@id": self.id,
                "@type": "Dataset",
                "name": held.path.rpartition("/")[2],
                "hasPart": parts,
                **facts,
            }
        for file in self.others:
            yield file_entity(file, description=f"A part of {what}")


def crate_artifact(held: Held, files: Mapping[str, StoredFile]) -> CrateArtifact:
    """Find out which file stands for an artifact."""
    data = [files[p] for p in held.files if p in files and not p.endswith(METADATA_SUFFIX)]
    if all(file.path.startswith(held.path + "/") for file in data):
        return CrateArtifact(held, None, tuple(data))
    main = files.get(held.path, data[0])
    return CrateArtifact(held, main, tuple(file for file in data if file is not main))


def output_parameters(artifacts: list[CrateArtifact]) -> Iterator[dict[str, Any]]:
    """A ``FormalParameter`` for each output of each stage."""
    by_output: dict[str, list[CrateArtifact]] = {}
    for artifact in artifacts:
        by_output.setdefault(artifact.output_id, []).append(artifact)
    for id_, examples in by_output.items():
        yield {
            "@id": id_,
            "@type": "FormalParameter",
            "name": examples[0].held.name,
            "description": f"Output of stage '{examples[0].held.stage}'",
            "additionalType": "Dataset" if examples[0].main is None else "File",
            "conformsTo": reference(FORMAL_PARAMETER),
            "workExample": references(one.id for one in examples),
        }
