"""Values that are packed and unpacked fast: by the thousand they come from the last build."""

from functools import cache
from typing import Any


class Packed:
    """For a dataclass with slots, which would ask at each value anew what its fields are."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), tuple([getattr(self, name) for name in slots(type(self))])  # type: ignore[arg-type]  # a class is hashable


@cache
def slots(kind: type) -> tuple[str, ...]:
    """The fields in their order."""
    return tuple(name for one in reversed(kind.__mro__) for name in getattr(one, "__slots__", ()))
