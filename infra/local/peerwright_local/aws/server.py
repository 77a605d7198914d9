"""MiniStack with its additions, served on a socket of our own."""

import asyncio
import socket

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from ministack.app import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

# How long requests may go on after the end was asked for. Whoever takes longer waits for a message or a stack.
_GRACE_SECONDS = 0.5


async def serve(listener: socket.socket, ended: asyncio.Event) -> None:
    """Serves until `ended`; then no process of a function is left."""
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_SECONDS
    config.shutdown_timeout = _GRACE_SECONDS
    config.errorlog = None
    serving = asyncio.create_task(hypercorn_serve(app, config, shutdown_trigger=ended.wait))
    await asyncio.wait([serving, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.to_thread(_end_functions)
    await serving
    # A request that was under way may have started another one.
    lambda_runtime.reset()


def _end_functions() -> None:
    for mapping in list(lambda_svc._esms._data.values()):
        mapping["Enabled"] = False
    lambda_runtime.reset()
