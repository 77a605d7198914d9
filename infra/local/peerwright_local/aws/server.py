"""Serves MiniStack on a socket of our own."""

import asyncio
import socket

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from ministack import app as ministack_app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from peerwright_local.patch import replace

# How long requests may take once the server is to end. Those that take longer are waiting for a message or a stack.
_GRACE_SECONDS = 0.5


def install_without_host_scripts() -> None:
    replace(ministack_app, _collect_scripts=lambda *directories: [])


async def serve_ministack(listener: socket.socket, ended: asyncio.Event) -> None:
    """Serves until `ended` is set, and ends the processes of all functions."""
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_SECONDS
    config.shutdown_timeout = _GRACE_SECONDS
    config.errorlog = None
    serving = asyncio.create_task(hypercorn_serve(ministack_app.app, config, shutdown_trigger=ended.wait))
    await asyncio.wait([serving, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.to_thread(_end_functions)
    await serving
    # A request that was being handled may have started another one.
    lambda_runtime.reset()


def _end_functions() -> None:
    for mapping in list(lambda_svc._esms._data.values()):
        mapping["Enabled"] = False
    lambda_runtime.reset()
