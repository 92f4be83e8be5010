"""Parameter sets: the dataclasses whose content names their artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, is_dataclass
from functools import cache, partial
from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing.describe import describe_value
from curifactory.hashing.fields import (
    counted_fields,
    field_names,
    field_token,
    field_tokens,
    fields_token,
    joined_fields,
)
from curifactory.hashing.registry import LEAVES
from curifactory.hashing.representations import (
    Representation,
    checked,
    represent,
)
from curifactory.hashing.tokens import root
from curifactory.hashing.unchanged import fixed_fields, hold_still
from curifactory.hashing.walk import WAYS_OUT, Walk
from curifactory.params.digests import Digests
from curifactory.params.given import check_is_dataclass, usable_hash

_NOT_COUNTED = frozenset({"name", "hash", "overwrite", "hash_representations"})
_AS_IS = "value"
_REPLACED = "given by its function in hash_representations"
_IS_NONE = "SKIPPED: value is None"
_LEFT_OUT = "SKIPPED: set to None in hash_representations"


class ComputedHash(str):
    """A hash that was computed, as opposed to one given by hand.

    It says what the parameters were when it was computed; copies and changed sets compute it anew.

    Attributes
    ----------
    source : ParametersNow or None
        What it was computed from.
    text : str
        The hash and nothing else; one object for all the names that have it.
    """

    __slots__ = ("source", "text")

    def __init__(self, text: str, source: ParametersNow | None = None) -> None:
        self.source = source
        self.text = str(text)

    def still_right_for(self, params: Any) -> bool:
        """Whether a set certainly has this hash, as a look at its fields tells."""
        return self.source is not None and self.source.holds_for(params)

    def __deepcopy__(self, _: object) -> ComputedHash:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (ComputedHash, (str(self),))

    def __new__(cls, text: str, _: ParametersNow | None = None) -> ComputedHash:
        return super().__new__(cls, text)


@dataclass(frozen=True, slots=True)
class ParametersNow:
    """What one parameter set says at a moment.

    Parameters
    ----------
    cls : type
        Its class.
    digests : Digests
        The digest of each field that counts.
    objects : tuple or None
        What the fields held, if none of it could change.
    """

    cls: type
    digests: Digests
    objects: tuple[object, ...] | None

    def holds_for(self, params: Any) -> bool:
        """Whether a set certainly says the same, as a look at its fields tells."""
        cls: type = type(params)
        if self.objects is None or cls is not self.cls:
            return False
        return hold_still(params, counted_names(cls), self.objects) and _counts_as_it_is(params)


@dataclass
class ExperimentParameters:
    """Extend this dataclass with the parameters of an experiment.

    Parameters
    ----------
    name : str
        What a reader calls this parameter set.
    hash : str, optional
        Names the artifacts of this set; computed from the other fields when not given.
    overwrite : bool
        Run every stage for this set, whatever is in the cache.
    hash_representations : dict of str to (callable or None)
        What counts in the hash in place of a field's value; see `set_hash_functions`.

    Examples
    --------
    >>> @dataclass
    ... class Params(ExperimentParameters):
    ...     depth: int = 6
    >>> Params("deep", depth=12).params_hash() == Params("other name", depth=12).params_hash()
    True
    """

    name: str = "UNNAMED"
    hash: str | None = field(default=None, compare=False)
    overwrite: bool = False
    hash_representations: dict[str, Representation] = field(
        default_factory=dict, repr=False, compare=False
    )

    def params_hash(self, dry: bool = False) -> Any:
        """Give the hash that names the artifacts of this set; see `curifactory.params.params_hash`.

        Parameters
        ----------
        dry : bool
            Say instead what is hashed and how: ``{field: (how, what)}``, with a dictionary of the
            same kind for a nested dataclass.

        Returns
        -------
        str or dict
        """
        return explain_hash(self) if dry else params_hash(self)

    def __counted_fields__(self) -> list[tuple[str, object]]:
        """Give name and value, or what stands for it, of each field that counts."""
        left_out = (_IS_NONE, _LEFT_OUT)
        return [(name, what) for name, how, what in _as_hashed(self) if how not in left_out]


def params_hash(params: Any) -> str:
    """Give the hash of a parameter set: the one given by hand, or one over its fields.

    It covers all fields but ``name``, ``hash``, ``overwrite`` and ``hash_representations``, not
    the class; what is ``None`` is left out, so a new optional field keeps old artifacts.

    Parameters
    ----------
    params : ExperimentParameters or any other dataclass instance

    Returns
    -------
    str
        The hash given by hand, or 32 hexadecimal digits.

    Raises
    ------
    UnhashableValueError
        A field holds something that has no identity; names class, field and the ways out.
    DefinitionError
        ``hash_representations`` names a field that does not exist.
    InvalidNameError
        The hash given by hand cannot be part of a file name.
    """
    given = getattr(params, "hash", None) if isinstance(params, ExperimentParameters) else None
    if given is not None and not isinstance(given, ComputedHash):
        return usable_hash(given, params)
    if given is not None and given.still_right_for(params):
        return str(given)
    return root(_token(params, lambda walk: walk.bare(params, fields_token)))


def parameters_now(params: Any, known: ParametersNow | None = None) -> ParametersNow:
    """Give the digests of a parameter set as it is now, whatever hash it was given.

    Errors as `params_hash`.

    Parameters
    ----------
    params : ExperimentParameters or any other dataclass instance
    known : ParametersNow, optional
        What was found out about this set before; given back while that holds.
    """
    if known is None:
        known = getattr(getattr(params, "hash", None), "source", None)
    if isinstance(known, ParametersNow) and known.holds_for(params):
        return known
    objects = fixed_objects(params)
    return ParametersNow(type(params), Digests(field_digests(params)), objects)


def fixed_objects(params: Any) -> tuple[object, ...] | None:
    """Give what the fields hold, if none of it can change and nothing else counts in its place."""
    if not _counts_as_it_is(params):
        return None
    return fixed_fields(params, counted_names(params.__class__))


def _counts_as_it_is(params: Any) -> bool:
    """Whether no code of the user's says what counts in place of the fields."""
    cls: type = type(params)
    return _counts_as_usual(cls) and not getattr(params, "hash_representations", None)


@cache
def _counts_as_usual(cls: type) -> bool:
    own = getattr(cls, "__counted_fields__", None)
    return own is (
        ExperimentParameters.__counted_fields__ if issubclass(cls, ExperimentParameters) else None
    )


def ensure_hash(params: Any) -> str:
    """Set ``params.hash`` to the hash of the parameters as they are now, and give it.

    A hash given by hand stays; a computed one is kept as `ComputedHash`. Errors as `params_hash`.
    """
    cls: type = type(params)
    check_is_dataclass(cls, ExperimentParameters)
    given = getattr(params, "hash", None)
    if isinstance(given, ComputedHash) and given.still_right_for(params):
        return given
    if not isinstance(params, ExperimentParameters):
        return params_hash(params)
    if given is None or isinstance(given, ComputedHash):
        params.hash = _computed_hash(params)
        return params.hash
    return params_hash(params)


def _computed_hash(params: Any) -> ComputedHash:
    objects = fixed_objects(params)
    if objects is None:
        return ComputedHash(root(_token(params, lambda walk: walk.bare(params, fields_token))))
    # what has no parts that change needs no second walk to tell its fields apart
    tokens = field_tokens(params, Walk())
    digests = Digests({name: root(token) for name, token in tokens.items()})
    now = ParametersNow(type(params), digests, objects)
    return ComputedHash(root(joined_fields(tokens)), now)


def explain_hash(params: Any) -> dict[str, Any]:
    """Say what is hashed for each field and how; see `ExperimentParameters.params_hash`."""
    explained: dict[str, Any] = {}
    for name, how, what in _as_hashed(params):
        nested = how == _AS_IS and is_dataclass(what) and not isinstance(what, type)
        explained[name] = explain_hash(what) if nested else (how, what)
    return explained


def field_digests(params: Any) -> dict[str, str]:
    """Give the digest of each field that counts, whether or not the hash was given by hand.

    Errors as `params_hash`.
    """
    return {name: _field_digest(params, name, value) for name, value in counted_fields(params)}


def _field_digest(params: Any, name: str, value: object) -> str:
    # most fields have no parts
    leaf = LEAVES.get(type(value))
    if leaf is not None:
        return root(leaf(value))
    return root(_token(params, partial(_field, type(params), name, value)))


def describe(params: Any) -> dict[str, object]:
    """Give every parameter as something that JSON holds and a person reads, about 1 KB at most."""
    return {
        name: describe_value(getattr(params, name, None))
        for name in counted_names(params.__class__)
    }


@cache
def counted_names(cls: type) -> tuple[str, ...]:
    """Give the fields of a class of parameter sets that may count."""
    left_out = _NOT_COUNTED if issubclass(cls, ExperimentParameters) else ()
    return tuple(name for name in field_names(cls) if name not in left_out)


def _as_hashed(params: Any) -> Iterator[tuple[str, str, object]]:
    """Give for each field its name, how it counts, and as what."""
    own = params.hash_representations if isinstance(params, ExperimentParameters) else {}
    representations = checked(own, type(params), field_names(type(params)))
    for name in counted_names(params.__class__):
        value = getattr(params, name, None)
        if value is None:
            yield name, _IS_NONE, None
        elif name not in representations:
            yield name, _AS_IS, value
        elif (function := representations[name]) is None:
            yield name, _LEFT_OUT, None
        else:
            yield name, _REPLACED, represent(params, name, function, value)


def _field(cls: type, name: str, value: object, walk: Walk) -> bytes:
    try:
        return field_token(cls, name, value, walk)
    except UnhashableValueError as error:
        error.place = f".{name}{error.place}"
        raise


def _token(params: Any, encode: Callable[[Walk], bytes]) -> bytes:
    cls = type(params).__qualname__
    try:
        return encode(Walk())
    except UnhashableValueError as error:
        message = f"Field '{error.place[1:]}' of parameter class '{cls}' cannot be hashed: {error}."
        raise UnhashableValueError(f"{message} {WAYS_OUT}", error.place) from error.__cause__
    except RecursionError:
        message = f"A field of parameter class '{cls}' cannot be hashed: it is nested too deeply."
        raise UnhashableValueError(f"{message} {WAYS_OUT}") from None
