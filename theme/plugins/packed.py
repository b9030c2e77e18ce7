"""Values that are packed and unpacked fast: by the thousand they come from the last build."""

from typing import Any


class Packed:
    """For a dataclass with slots, which would ask at each value anew what its fields are."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        names = [name for kind in reversed(type(self).__mro__) for name in slots(kind)]
        return type(self), tuple(getattr(self, name) for name in names)


def slots(kind: type) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(kind, "__slots__", ())
    return found
