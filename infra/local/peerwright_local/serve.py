"""`serve`: runs both emulators in this process until a signal ends it."""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
import urllib.request
from pathlib import Path

from peerwright_local import Failure, state
from peerwright_local.aws import environment

_HOST = "127.0.0.1"
_LOG = "local.log"
_READY_SECONDS = 30.0


def serve_local_aws(directory: Path, ec2_port: int, aws_port: int) -> None:
    """Serves the local AWS from a directory until a signal ends the process; never returns."""
    with state.held(directory):
        listener = _listen(aws_port, "--aws-port")
        _listen(ec2_port, "--ec2-port").close()
        environment.prepare(directory, listener.getsockname()[1])
        _log_to(directory / _LOG)
        # asyncio.run() would join the emulators' threads at the end, and some of them wait for ever.
        asyncio.new_event_loop().run_until_complete(_serve(directory, listener, ec2_port))
    logging.shutdown()
    os._exit(0)


async def _serve(directory: Path, listener: socket.socket, ec2_port: int) -> None:
    # MiniStack reads its environment when it is imported, so that must come after environment.prepare().
    from peerwright_local import patch, refusals
    from peerwright_local.aws import function_environment, patches, schedules, server, streams
    from peerwright_local.aws.deliver import deliver
    from peerwright_local.aws.invocations import invocations
    from peerwright_local.aws.roles import announce, principal, role
    from peerwright_local.ec2.server import make_server
    from peerwright_local.settings import Settings

    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    settings = Settings()
    patch.install(patches.PATCHES)
    schedules.set_clock(settings.now)
    records = {
        "invocations": invocations,
        "refusals": refusals.refusals,
        "schedules": schedules.sent,
        "streams": streams.unread,
    }
    try:
        ec2 = make_server(_HOST, ec2_port, settings, deliver, role, principal, announce, records)
    except OSError as error:
        raise _taken(ec2_port, "--ec2-port", error) from None
    threading.Thread(target=ec2.serve_forever, daemon=True, name="ec2").start()
    aws_endpoint = f"http://{_HOST}:{listener.getsockname()[1]}"
    ec2_endpoint = f"http://{_HOST}:{ec2.port}"
    function_environment.set_endpoints(aws_endpoint, ec2_endpoint)
    announced = asyncio.create_task(_announce(directory, aws_endpoint, ec2_endpoint))
    await server.serve_ministack(listener, ended)
    announced.cancel()
    ec2.shutdown()


async def _announce(directory: Path, aws_endpoint: str, ec2_endpoint: str) -> None:
    for url in (f"{aws_endpoint}/_ministack/health", f"{ec2_endpoint}/_local/status"):
        await asyncio.to_thread(_wait_for, url)
    state.write(directory, {
        "ec2_endpoint": ec2_endpoint,
        "aws_endpoint": aws_endpoint,
        "accounts": state.ACCOUNTS,
        "regions": list(state.REGIONS),
        "hub_region": state.HUB_REGION,
        "external_id": state.EXTERNAL_ID,
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
    return Failure(f"can't listen on port {port} ({error.strerror}): choose a free one with {flag}, or 0 for any")


def _log_to(file: Path) -> None:
    logging.basicConfig(
        filename=file, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # Their line for each request adds nothing to the emulators' own.
    for chatty in ("werkzeug", "hypercorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
