"""The endpoint of EC2, STS and Service Quotas, with the control API beside it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType

from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server as make_wsgi_server

from ..control import PREFIX, Control
from ..deliveries import Deliveries
from ..service_quotas import ServiceQuotas
from ..settings import Settings
from ..sts import Sessions
from .calls import CallLog
from .dispatch import Dispatcher, LocalRequest
from .patches import install
from .shared_vpcs import share

BACKLOG = 128


class QuietHandler(WSGIRequestHandler):
    # Nagle's algorithm would delay a response, which is written in several small pieces.
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:
        if type == "error":
            super().log(type, message, *args)


class Server:
    def __init__(
        self,
        host: str,
        port: int,
        settings: Settings,
        deliver: Callable,
        iam: Callable,
        principal: Callable,
        announce: Callable,
        records: Mapping[str, Callable],
    ):
        listener = _listen(host, port)
        install(settings)
        calls = CallLog()
        self._deliveries = Deliveries(settings, deliver)
        sessions = Sessions(iam, principal, announce)
        self._dispatcher = Dispatcher(settings, sessions, self._deliveries, calls)
        self._quotas = ServiceQuotas(settings, sessions)
        self._control = Control(settings, self._deliveries, calls, records, share)
        self._wsgi = make_wsgi_server(
            host, port, self._application, threaded=True, request_handler=QuietHandler, fd=listener.fileno()
        )
        listener.close()
        self._serving = threading.Event()
        self.port: int = self._wsgi.server_address[1]

    def serve_forever(self) -> None:
        self._serving.set()
        self._wsgi.serve_forever(poll_interval=0.1)

    def shutdown(self) -> None:
        if self._serving.is_set():
            self._wsgi.shutdown()
        self._wsgi.server_close()
        self._deliveries.close()

    def _application(self, environ: dict, start_response: Callable):
        request = LocalRequest(environ)
        return self._handler_of(request)(request)(environ, start_response)

    def _handler_of(self, request: LocalRequest) -> Callable:
        if request.path.startswith(PREFIX):
            return self._control
        return self._quotas if self._quotas.takes(request) else self._dispatcher.handle


def make_server(
    host: str,
    port: int,
    settings: Settings,
    deliver: Callable[[dict], None],
    iam: Callable[[str, str], dict | None],
    principal: Callable[[str], dict | None] = lambda access_key: None,
    announce: Callable[[dict], None] = lambda session: None,
    records: Mapping[str, Callable[[], list[dict]]] = MappingProxyType({}),
) -> Server:
    """`peerwright_local.settings` documents the parameters."""
    return Server(host, port, settings, deliver, iam, principal, announce, records)


def _listen(host: str, port: int) -> socket.socket:
    """Binds the port, because werkzeug would end the process if it is in use."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
