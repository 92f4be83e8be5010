"""``ro-crate-metadata.json``: a full store as an RO-Crate with the Workflow Run Crate profile.

See https://w3id.org/ro/crate/1.1 and https://w3id.org/ro/wfrun/workflow/0.5.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from curifactory.stores.contents import StoredFile
from curifactory.stores.crate_artifacts import CrateArtifact, crate_artifact, output_parameters
from curifactory.stores.crate_files import file_entity, file_id, reference, references
from curifactory.stores.crate_parameters import input_parameters, parameter_values
from curifactory.stores.layout import CRATE, README
from curifactory.stores.stored_run import StoredRun

Entity = dict[str, Any]

_CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]
_RO_CRATE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_COMPUTATIONAL_WORKFLOW = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_PYTHON, _OURS, _USER, _RUN = "#python", "#curifactory", "#user", "#run"
_NO_LICENSE = "Not stated: ask whoever made this run."


def crate(run: StoredRun, files: Iterable[StoredFile], license_file: str | None = None) -> bytes:
    """The document.

    Parameters
    ----------
    run : StoredRun
        The run.
    files : iterable of StoredFile
        All files of the store but this one and the manifest.
    license_file : str, optional
        The one that has the project's license.
    """
    by_path = {file.path: file for file in files}
    artifacts = [crate_artifact(held, by_path) for held in run.artifacts]
    inputs, outputs = list(input_parameters(run)), list(output_parameters(artifacts))
    values = list(parameter_values(run))
    data = [*_files(by_path, artifacts, run, inputs + outputs)]
    entities = [
        _descriptor(run),
        _root(run, data, license_file),
        *_profiles(run),
        *data,
        *inputs,
        *outputs,
        *values,
        _action(run, artifacts, values),
        *_who_and_what(run),
    ]
    document = {"@context": _CONTEXT, "@graph": entities}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _descriptor(run: StoredRun) -> Entity:
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": reference("./"),
        "conformsTo": references([_RO_CRATE, *([_WORKFLOW_CRATE] if run.workflow else [])]),
    }


def _root(run: StoredRun, data: list[Entity], license_file: str | None) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": run.reference,
        "description": f"A run of the experiment '{run.experiment}': artifacts, code, parameters, "
        "environment, log and report.",
        "datePublished": _time(run.ended),
        "author": reference(_USER),
        "license": reference(file_id(license_file)) if license_file else _NO_LICENSE,
        "conformsTo": references(one["@id"] for one in _profiles(run)),
        "hasPart": references(one["@id"] for one in data),
        **({"mainEntity": reference(file_id(run.workflow))} if run.workflow else {}),
        "mentions": reference(_RUN),
    }


def _profiles(run: StoredRun) -> Iterator[Entity]:
    """What the crate conforms to: without a file that can be run, only to the first."""
    known = list(_PROFILES.items())
    for id_, (name, version) in known if run.workflow else known[:1]:
        yield {"@id": id_, "@type": "CreativeWork", "name": name, "version": version}


def _files(
    files: dict[str, StoredFile],
    artifacts: list[CrateArtifact],
    run: StoredRun,
    formal: list[Entity],
) -> Iterator[Entity]:
    for artifact in artifacts:
        yield from artifact.entities()
    # metadata lies beside each artifact under a name that tells, and would double the list
    of_artifacts = {path for artifact in artifacts for path in artifact.held.files}
    for path, file in files.items():
        if path == run.workflow:
            yield _workflow(file, run, formal)
        elif path == README:
            yield file_entity(file, about=reference("./"))
        elif path not in of_artifacts:
            yield file_entity(file)


def _workflow(file: StoredFile, run: StoredRun, formal: list[Entity]) -> Entity:
    ids = [one["@id"] for one in formal]
    return file_entity(
        file,
        **{
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "name": run.experiment,
            "programmingLanguage": reference(_PYTHON),
            "softwareRequirements": reference(_OURS),
            "conformsTo": reference(_COMPUTATIONAL_WORKFLOW),
            "version": str(run.info.get("commit") or file.sha256),
            "input": references(id_ for id_ in ids if not id_.startswith("#output/")),
            "output": references(id_ for id_ in ids if id_.startswith("#output/")),
        },
    )


def _action(run: StoredRun, artifacts: list[CrateArtifact], values: list[Entity]) -> Entity:
    status = "Failed" if run.error else "Completed"
    return {
        "@id": _RUN,
        "@type": "CreateAction",
        "name": f"Run {run.reference}",
        "description": run.info.get("command_line") or "A run from a script or notebook",
        "instrument": reference(file_id(run.workflow) if run.workflow else _OURS),
        "agent": reference(_USER),
        "startTime": _time(run.started),
        "endTime": _time(run.ended),
        "actionStatus": f"http://schema.org/{status}ActionStatus",
        **({"error": run.error} if run.error else {}),
        "object": references(value["@id"] for value in values),
        "result": references(one.id for one in artifacts),
    }


def _who_and_what(run: StoredRun) -> Iterator[Entity]:
    yield {"@id": _USER, "@type": "Person", "name": str(run.info.get("user") or "unknown")}
    yield {
        "@id": _PYTHON,
        "@type": "ComputerLanguage",
        "name": "Python",
        "version": run.python,
        "url": "https://www.python.org/",
    }
    yield {
        "@id": _OURS,
        "@type": "SoftwareApplication",
        "name": "curifactory",
        "softwareVersion": run.curifactory,
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
