"""Parameter sets: the dataclasses whose content names their artifacts."""

from curifactory.hashing.representations import set_hash_functions
from curifactory.params.copying import plain_copy
from curifactory.params.digests import Digests, key_of_digests
from curifactory.params.elsewhere import known_digests, take_digests
from curifactory.params.parameters import (
    ComputedHash,
    ExperimentParameters,
    ParametersNow,
    describe,
    ensure_hash,
    explain_hash,
    field_digests,
    parameters_now,
    params_hash,
)

__all__ = [
    "ComputedHash",
    "Digests",
    "ExperimentParameters",
    "ParametersNow",
    "describe",
    "ensure_hash",
    "explain_hash",
    "field_digests",
    "key_of_digests",
    "known_digests",
    "parameters_now",
    "params_hash",
    "plain_copy",
    "set_hash_functions",
    "take_digests",
]
