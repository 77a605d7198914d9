"""Logs of functions: what a process wrote before it answered belongs to that run, however late it is read."""

import array
import fcntl
import subprocess
import termios
import time

from ministack.core.lambda_runtime import ProvidedWorker

from peerwright_local.patch import wrap

WAIT_SECONDS = 2.0
LOOK_SECONDS = 0.002
# Between the pipe and the emulator's queue a line is nowhere to be seen.
STILL_SECONDS = 0.02


def install() -> None:
    wrap(ProvidedWorker, _drain_stderr_bounded=whole)


def whole(drain):
    def drained(worker, **arguments):
        end = time.monotonic() + WAIT_SECONDS
        while _unread(worker._proc) and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
        return drain(worker, **{"idle_confirm": STILL_SECONDS, **arguments})

    return drained


def _unread(process: subprocess.Popen | None) -> bool:
    if process is None or process.stdout.closed:
        return False
    count = array.array("i", [0])
    fcntl.ioctl(process.stdout.fileno(), termios.FIONREAD, count)
    return count[0] > 0
