"""Endpoints that nobody answers at."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken = []

    def take():
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=take, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for one in taken:
            one.close()
