"""Between a function and its tables: a write that fails as if the function had ended before it."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WRITES = ("TransactWriteItems", "PutItem", "DeleteItem")


@contextmanager
def refused_write(world, function: str, word: str) -> Iterator[list[str]]:
    """For a while, a function whose first write with a word in it is refused; the write, once it was."""
    refused: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text = body.decode()
            if self.headers["X-Amz-Target"].rpartition(".")[2] in WRITES and word in text and not refused:
                refused.append(text)
                self._answer(400, _refusal())
            else:
                self._answer(*self._forwarded(body))

        def _forwarded(self, body: bytes) -> tuple[int, bytes]:
            # With the host that it was signed for.
            request = urllib.request.Request(world.aws.endpoint, data=body, headers=dict(self.headers))
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # A function that is changed while it works leaves its message alone for as long as the queue hides it.
    world.quiet()
    try:
        with world.configured(function, AWS_ENDPOINT_URL_DYNAMODB=f"http://127.0.0.1:{server.server_port}"):
            yield refused
            world.quiet()
    finally:
        server.shutdown()
        server.server_close()


def _refusal() -> bytes:
    error = "com.amazon.coral.service#AccessDeniedException"
    return json.dumps({"__type": error, "message": "User is not authorized to perform this write"}).encode()
