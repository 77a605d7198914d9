"""Serves the local AWS with a double instead of EC2 and STS, by which a test can deliver any event.

    python ec2_double.py serve --state DIR
"""

import json
import sys
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Double:
    """Answers GET like the control API's status; each path of POST calls one of the functions that the real server is given."""

    def __init__(self, host, port, settings, deliver, role, principal, announce, records):
        double = self
        self._calls = {
            "/deliver": deliver,
            "/role": role,
            "/principal": principal,
            "/advance": settings.advance,
            **{f"/{name}": read for name, read in records.items()},
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer({})

            def do_POST(self):
                arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(double._calls[self.path](*arguments))

            def _answer(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer((host, port), Handler)
        self.port = self._server.server_address[1]
        self.serve_forever = self._server.serve_forever
        self.shutdown = self._server.shutdown


if __name__ == "__main__":
    sys.modules["peerwright_local.ec2.server"] = types.SimpleNamespace(make_server=Double)
    from peerwright_local.__main__ import main

    sys.exit(main())
