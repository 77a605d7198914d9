"""The operator's tool at a terminal: it asks, and somebody answers."""

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Terminal:
    def __init__(self, process: subprocess.Popen, end: int):
        self._process, self._end, self.text = process, end, ""

    def until(self, words: str, seconds: float = 60, after: str = "") -> None:
        """Reads until these words are shown, behind the first of others."""
        last = time.monotonic() + seconds
        while words not in self.text.partition(after)[2] if after else words not in self.text:
            assert time.monotonic() < last and self._read(), f"{words!r} was never shown: {self.text}"

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def end(self) -> tuple[int, str]:
        """Waits for the end; the exit status, and all that was shown."""
        while self._read():
            pass
        return self._process.wait(60), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text).replace("\r\n", "\n")

    def _read(self) -> bool:
        if not select.select([self._end], [], [], 60)[0]:
            return False
        try:
            new = os.read(self._end, 4096)
        except OSError:  # Linux's word for the end of a terminal whose other side is closed.
            return False
        self.text += new.decode(errors="replace")
        return bool(new)


@contextmanager
def terminal(world, *arguments: object) -> Iterator[Terminal]:
    """Runs the tool at a terminal of its own."""
    ours, theirs = pty.openpty()
    program, environment = world.command(*arguments)
    process = subprocess.Popen(program, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
