"""A failure that a person can mend."""


class Failure(Exception):
    """Says what happened, where, and what to do. A command ends with it as its last line and exit status 1."""
