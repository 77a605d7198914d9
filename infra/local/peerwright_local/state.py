"""What a running local AWS tells about itself: state.json in its directory."""

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from peerwright_local.failure import Failure

FILE = "state.json"


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Keeps a second local AWS out of the directory. A crashed one holds nothing: the system lets its lock go."""
    with _lock_file(directory) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = read(directory)
            who = f" (process {running['pid']})" if running else ""
            raise Failure(
                f"a local AWS already runs from {directory}{who}: end it, or give another directory with --state"
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
        raise Failure(f"can't write to {directory} ({error.strerror}): give another directory with --state") from None


def write(directory: Path, state: dict) -> None:
    """Writes state.json whole or not at all, because others wait for it to appear."""
    identity = {"pid": os.getpid(), "pid_started": process_started(os.getpid())}
    unfinished = directory / f"{FILE}.new"
    unfinished.write_text(json.dumps({**identity, **state}, indent=2) + "\n")
    unfinished.replace(directory / FILE)


def read(directory: Path) -> dict | None:
    """The state of the local AWS that runs from the directory; None where none does, whatever a crashed one left."""
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
    """When a process started, in whatever unit the system counts: with the pid it names one process for ever."""
    try:
        # The name in parentheses may hold anything; after it, the start is the 20th field.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return None
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None
