"""The state of a record: a dict of names to values, in which stage outputs may still be on disk."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from curifactory.caching.lazy import Lazy


class Deferred:
    """What state holds for a stage output: its value can be had, now or later.

    Attributes
    ----------
    is_lazy : bool
        Whether the value is loaded anew at each access.
    resolve : bool
        For a lazy one: whether an access gives the value, not the `Lazy`.
    """

    is_lazy = False
    resolve = True

    def read(self) -> Any:
        """The value, loaded if need be."""
        raise NotImplementedError

    def as_lazy(self) -> Lazy:
        """The `Lazy` of a lazy output."""
        raise NotImplementedError


class State(dict[str, Any]):
    """What a record knows by name.

    Reads like a dict of values: an output that is still on disk is loaded when it is read, a
    lazy one every time. An output declared as ``Lazy(resolve=False)`` reads as its `Lazy`.

    Attributes
    ----------
    resolve : bool
        Set to ``False`` to see every `Lazy` itself.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.resolve = True
        self.on_read: Callable[[str, Any], None] | None = None
        if values is not None:
            self.update(values)

    def raw(self, name: str) -> Any:
        """What is held under a name, without loading it; `KeyError` if there is nothing."""
        return super().__getitem__(name)

    def raw_or(self, name: str, otherwise: Any) -> Any:
        """What is held under a name, without loading it; `otherwise` if there is nothing."""
        return super().get(name, otherwise)

    def raw_items(self) -> Iterator[tuple[str, Any]]:
        """Names with what is held, without loading anything."""
        return iter(super().items())

    def _value(self, name: str, held: Any) -> Any:
        if self.on_read is not None:
            self.on_read(name, held)
        if isinstance(held, Deferred):
            shown = held.resolve and self.resolve
            return held.as_lazy() if held.is_lazy and not shown else held.read()
        if isinstance(held, Lazy):
            return held.load() if held.resolve and self.resolve else held
        return held

    def __getitem__(self, name: str) -> Any:
        return self._value(name, super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 - this is get

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        return KeysView(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        return ValuesView(self)

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return ItemsView(self)

    # dict(state) and {**state} read through __getitem__ only if iteration is not dict's own
    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def __reversed__(self) -> Iterator[str]:
        return super().__reversed__()

    def pop(self, name: str, *default: Any) -> Any:
        if name not in self:
            return super().pop(name, *default)
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        name = next(reversed(self), None)
        if name is None:
            raise KeyError("the state is empty")
        return name, self.pop(name)

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def copy(self) -> dict[str, Any]:
        return dict(self.items())

    def __or__(self, other: Any) -> dict[str, Any]:  # type: ignore[override]
        return self.copy() | other if isinstance(other, dict) else NotImplemented

    def __ror__(self, other: Any) -> dict[str, Any]:  # type: ignore[override]
        return other | self.copy() if isinstance(other, dict) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return self.copy() == other

    __hash__ = None

    def __repr__(self) -> str:
        return repr(self.copy())

    def __reduce__(self) -> tuple[Any, ...]:
        # a copy or pickle holds the values; what is on disk here means nothing elsewhere
        return (State, (self.copy(),))
