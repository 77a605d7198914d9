"""Wakes the poller of the event source mappings often enough for a delayed message to be on time."""

import threading
import time

from ministack.core.concurrency import esm_wake

SECONDS = 0.05


def install() -> None:
    threading.Thread(target=_wake_for_ever, daemon=True, name="poller-wake").start()


def _wake_for_ever() -> None:
    while True:
        time.sleep(SECONDS)
        esm_wake.set()
