"""The local AWS: two emulators that run side by side, patched where they differ from AWS."""


class Failure(Exception):
    """A failure that a person can fix. Says what happened, where, and what to do; a command prints it and exits with status 1."""
