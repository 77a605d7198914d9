"""Replacing a function of MiniStack."""

from collections.abc import Callable
from types import ModuleType


def replace(module: ModuleType, name: str, make: Callable[[Callable], Callable]) -> None:
    """Puts `make(original)` in the place of `module.name`."""
    original = getattr(module, name, None)
    if not callable(original):
        raise RuntimeError(
            f"{module.__name__} has no function {name}:"
            " this is not the version of MiniStack that infra/local/requirements.txt pins"
        )
    setattr(module, name, make(original))
