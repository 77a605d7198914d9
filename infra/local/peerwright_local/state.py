"""The accounts, organization and Regions of the local AWS, and state.json, in which a running one describes itself."""

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from peerwright_local import Failure

FILE = "state.json"

HUB, MEMBER_A, MEMBER_B, STRANGER = "100000000001", "111111111111", "222222222222", "999999999999"
ACCOUNTS = {"hub": HUB, "member_a": MEMBER_A, "member_b": MEMBER_B, "stranger": STRANGER}
MEMBERS = (MEMBER_A, MEMBER_B)
REGIONS = ("eu-west-1", "eu-central-1")
HUB_REGION = REGIONS[0]
ORGANIZATION_ID = "o-local00001"
# What the members' roles ask the hub for.
EXTERNAL_ID = "peerwright-local"


def organization_of(account: str) -> str | None:
    """The organization that an account belongs to, if any: the hub manages it, the stranger is outside."""
    return ORGANIZATION_ID if account in (HUB, *MEMBERS) else None


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Locks the directory against a second local AWS. The system releases the lock of a process that crashed."""
    with _lock_file(directory) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = read(directory)
            who = f" (process {running['pid']})" if running else ""
            raise Failure(
                f"a local AWS already runs from {directory}{who}: end it, or choose another directory with --state"
            ) from None
        (directory / FILE).unlink(missing_ok=True)
        try:
            yield
        finally:
            (directory / FILE).unlink(missing_ok=True)


def _lock_file(directory: Path) -> IO[str]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return open(directory / "lock", "w")
    except OSError as error:
        raise Failure(f"can't write to {directory} ({error.strerror}): choose another directory with --state") from None


def write(directory: Path, state: dict) -> None:
    """Writes state.json in one step, because other processes wait for it to appear."""
    identity = {"pid": os.getpid(), "pid_started": process_started(os.getpid())}
    unfinished = directory / f"{FILE}.new"
    unfinished.write_text(json.dumps({**identity, **state}, indent=2) + "\n")
    unfinished.replace(directory / FILE)


def read(directory: Path) -> dict | None:
    """The state of the local AWS that runs from the directory; None if none does, even if a crashed one left its file."""
    try:
        state = json.loads((directory / FILE).read_text())
    except FileNotFoundError:
        return None
    return state if process_started(state["pid"]) == state["pid_started"] else None


def require(directory: Path) -> dict:
    """The state of the local AWS that runs from the directory, or a failure that says how to start one."""
    running = read(directory)
    if running is None:
        raise Failure(f"no local AWS runs from {directory}: start one with `serve --state {directory}`")
    return running


def process_started(pid: int) -> str | None:
    """When a process started, in the unit of the system. Together with its id, this identifies a process for ever."""
    try:
        # The name in parentheses may contain anything. The start is the 20th field after it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return None
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None
