"""`serve`: both emulators in this process, until a signal ends them."""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
import urllib.request
from pathlib import Path

from peerwright_local import state
from peerwright_local.aws import environment
from peerwright_local.aws.organization import ACCOUNTS, HUB_REGION, REGIONS
from peerwright_local.failure import Failure

_HOST = "127.0.0.1"
_LOG = "local.log"
_READY_SECONDS = 30.0


def serve(directory: Path, ec2_port: int, aws_port: int) -> None:
    """Serves the local AWS from a directory; returns never, a signal ends the process."""
    with state.held(directory):
        listener = _listen(aws_port, "--aws-port")
        _listen(ec2_port, "--ec2-port").close()
        environment.prepare(directory, listener.getsockname()[1])
        _log_to(directory / _LOG)
        # Not asyncio.run(), which ends by joining the emulators' threads: some sit in a wait that nobody ends.
        asyncio.new_event_loop().run_until_complete(_serve(directory, listener, ec2_port))
    logging.shutdown()
    os._exit(0)


async def _serve(directory: Path, listener: socket.socket, ec2_port: int) -> None:
    # MiniStack reads its environment while it is imported, so not before environment.prepare().
    from peerwright_local import refusals
    from peerwright_local.aws import additions, function_environment, schedules, server, streams
    from peerwright_local.aws.deliver import deliver
    from peerwright_local.aws.invocations import invocations
    from peerwright_local.aws.roles import principal, role
    from peerwright_local.ec2.server import make_server
    from peerwright_local.settings import Settings

    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    settings = Settings()
    additions.install()
    schedules.set_clock(settings.now)
    records = {
        "invocations": invocations,
        "refusals": refusals.refusals,
        "schedules": schedules.sent,
        "streams": streams.unread,
    }
    try:
        ec2 = make_server(_HOST, ec2_port, settings, deliver, role, principal, records)
    except OSError as error:
        raise _taken(ec2_port, "--ec2-port", error) from None
    threading.Thread(target=ec2.serve_forever, daemon=True, name="ec2").start()
    aws_endpoint = f"http://{_HOST}:{listener.getsockname()[1]}"
    ec2_endpoint = f"http://{_HOST}:{ec2.port}"
    function_environment.set_endpoints(aws_endpoint, ec2_endpoint)
    announced = asyncio.create_task(_announce(directory, aws_endpoint, ec2_endpoint))
    await server.serve(listener, ended)
    announced.cancel()
    ec2.shutdown()


async def _announce(directory: Path, aws_endpoint: str, ec2_endpoint: str) -> None:
    for url in (f"{aws_endpoint}/_ministack/health", f"{ec2_endpoint}/_local/status"):
        await asyncio.to_thread(_wait_for, url)
    state.write(directory, {
        "ec2_endpoint": ec2_endpoint,
        "aws_endpoint": aws_endpoint,
        "accounts": ACCOUNTS,
        "regions": list(REGIONS),
        "hub_region": HUB_REGION,
        "log": str(directory / _LOG),
    })
    print(f"The local AWS answers at {aws_endpoint}, EC2 and STS at {ec2_endpoint}.", flush=True)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _listen(port: int, flag: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _taken(port, flag, error) from None
    return listener


def _taken(port: int, flag: str, error: OSError) -> Failure:
    return Failure(f"can't listen on port {port} ({error.strerror}): give a free one with {flag}, or 0 for any")


def _log_to(file: Path) -> None:
    logging.basicConfig(
        filename=file, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # One line per request says nothing that the emulators' own lines don't.
    for chatty in ("werkzeug", "hypercorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
