"""Validates RO-Crates without a network: ``python validate_crate.py PROFILE FOLDER...``.

Prints the requirements that are not fulfilled, one a line. The vocabularies that the validator
would fetch are taken from the ``rocrate`` package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import requests
import rocrate
import rocrate_validator.utils.document_loader as loader
from rocrate_validator.models import Severity
from rocrate_validator.services import ValidationSettings, validate
from rocrate_validator.utils.http import HttpRequester

VOCABULARY = json.loads((Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text())
# the package has the vocabulary of a later version, in which these have moved
VOCABULARY["@context"] |= {
    name: f"https://bioschemas.org/{place}"
    for name, place in {
        "ComputationalWorkflow": "ComputationalWorkflow",
        "FormalParameter": "FormalParameter",
        "input": "ComputationalWorkflow#input",
        "output": "ComputationalWorkflow#output",
    }.items()
}


def vocabulary(url: str) -> dict:
    return VOCABULARY if "ro/crate" in url else {"@context": {}}


def get(self, url: str, *arguments, **options) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url = 200, url
    response.headers["Content-Type"] = "application/ld+json"
    response._content = json.dumps(vocabulary(url)).encode()
    return response


def main(profile: str, folders: list[str]) -> None:
    loader._fetch_json_ld = vocabulary
    HttpRequester.get = get
    for folder in folders:
        settings = ValidationSettings(
            rocrate_uri=folder,
            profile_identifier=profile,
            requirement_severity=Severity.REQUIRED,
        )
        for issue in validate(settings).get_issues():
            print(folder, issue.check.identifier, issue.message)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
