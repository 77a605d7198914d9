"""Patches of the emulators: the fact behind each, and how it is installed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType

_PINNED = "this is not the version that infra/local/requirements.txt pins"


@dataclass(frozen=True)
class Patch:
    """A fact about AWS, what the emulator does instead, and the function that installs the behaviour of AWS."""

    fact: str
    lack: str
    install: Callable[[], None]


def install(patches: Iterable[Patch]) -> None:
    """Installs patches, once in a process and before the emulator serves.

    A name that the emulator does not have ends this with an error, so that another version of the emulator fails when it
    starts and not in the middle of a test.
    """
    for patch in patches:
        patch.install()


def wrap(owner: ModuleType | type, **wrappers: Callable) -> None:
    """Replaces each attribute by what its wrapper makes of the original."""
    for name, wrapper in wrappers.items():
        if not hasattr(owner, name):
            raise RuntimeError(f"{owner.__name__} has no {name}: {_PINNED}")
        setattr(owner, name, wrapper(getattr(owner, name)))


def replace(owner: ModuleType | type, **new: object) -> None:
    """Replaces each attribute, whatever the original is."""
    wrap(owner, **{name: lambda _, value=value: value for name, value in new.items()})


def add(owner: ModuleType | type, **new: object) -> None:
    """Adds attributes that the emulator does not have."""
    for name, value in new.items():
        if hasattr(owner, name):
            raise RuntimeError(f"{owner.__name__} has {name} already: {_PINNED}")
        setattr(owner, name, value)
