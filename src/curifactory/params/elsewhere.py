"""What is known about a parameter set, for a process that gets a copy of it."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from typing import Any

from curifactory.params.copying import is_copied_as_usual
from curifactory.params.digests import Digests
from curifactory.params.parameters import ComputedHash, ParametersNow, fixed_objects


def known_digests(params: Any) -> dict[str, str] | None:
    """Digests of the fields of a set that is the same wherever it is unpickled.

    Returns
    -------
    dict of str to str or None
        ``None`` if they are not known, or something in it may become something else on the way.
    """
    cls: type = type(params)
    source = getattr(getattr(params, "hash", None), "source", None)
    if source is None or not source.holds_for(params):
        return None
    if not is_copied_as_usual(cls) or cls in copyreg.dispatch_table:
        return None
    return dict(source.digests)


def take_digests(params: Any, digests: Mapping[str, str]) -> None:
    """Let a set that was unpickled have the hash that it came with, as far as it is plain here.

    Parameters
    ----------
    params : ExperimentParameters
        Of a class that says here what it says there.
    digests : dict of str to str
        As `known_digests` gave them there.
    """
    objects = fixed_objects(params)
    if objects is not None:
        now = ParametersNow(type(params), Digests(digests), objects)
        params.hash = ComputedHash(params.hash, now)
