"""The control API of the local AWS: reads what happened, delivers events again, and changes settings and the clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from werkzeug.wrappers import Request, Response

from .deliveries import Deliveries, UnknownEvents
from .settings import Settings, SettingsError

PREFIX = "/_local/"


class BadRequest(ValueError):
    """The body of a request is not what its path accepts."""


class Control:
    def __init__(
        self,
        settings: Settings,
        deliveries: Deliveries,
        calls,
        records: Mapping[str, Callable[[], list[dict]]],
        share: Callable[[str, str, str], dict],
    ):
        self._share_vpc = share
        self._settings = settings
        self._deliveries = deliveries
        self._calls = calls
        self._paths: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "status"): lambda request: self._status(),
            ("GET", "events"): lambda request: deliveries.events(_after(request)),
            ("GET", "calls"): lambda request: calls.calls(_after(request)),
            **{("GET", name): lambda request, read=read: read() for name, read in records.items()},
            ("POST", "redeliver"): self._redeliver,
            ("POST", "settings"): self._change,
            ("POST", "clock"): self._advance,
            ("POST", "share"): self._share,
        }

    def __call__(self, request: Request) -> Response:
        handler = self._paths.get((request.method, request.path.removeprefix(PREFIX)))
        if handler is None:
            known = ", ".join(f"{method} {PREFIX}{name}" for method, name in self._paths)
            return _json({"error": f"no {request.method} {request.path} here; known: {known}"}, 404)
        try:
            return _json(handler(request))
        except UnknownEvents as error:
            return _json({"error": str(error)}, 404)
        except (SettingsError, BadRequest) as error:
            return _json({"error": str(error)}, 400)

    def _status(self) -> dict:
        deliveries, calls = self._deliveries, self._calls
        return {
            "settings": self._settings.public(),
            "clock": {"now": self._settings.now(), "advanced_seconds": self._settings.advanced_seconds},
            "counters": {
                "calls": calls.total,
                "failed_calls": calls.failed,
                "events": deliveries.recorded,
                "delivered": deliveries.delivered,
                "undelivered": deliveries.undelivered,
                "waiting": deliveries.waiting,
            },
        }

    def _redeliver(self, request: Request) -> dict:
        ids = _body(request).get("ids")
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise BadRequest('expected {"ids": ["…"]} with ids as in GET /_local/events')
        return {"redelivered": self._deliveries.redeliver(ids)}

    def _change(self, request: Request) -> dict:
        self._settings.change(_body(request))
        return self._status()

    def _advance(self, request: Request) -> dict:
        body = _body(request)
        if set(body) != {"advance_seconds"}:
            raise BadRequest('expected {"advance_seconds": n}')
        self._settings.advance(body["advance_seconds"])
        return self._status()

    def _share(self, request: Request) -> dict:
        body = _body(request)
        if set(body) != {"vpc", "region", "participant"} or not all(isinstance(one, str) for one in body.values()):
            raise BadRequest('expected {"vpc": "vpc-…", "region": "…", "participant": "account"}')
        try:
            return self._share_vpc(body["vpc"], body["region"], body["participant"])
        except ValueError as error:
            raise BadRequest(str(error)) from None


def _after(request: Request) -> int:
    """The number of `?after=N`, which leaves out what the caller has already: everything is numbered, from 1."""
    after = request.args.get("after", "0")
    if not after.isdecimal():
        raise BadRequest(f"after must be a whole number, got {after!r}")
    return int(after)


def _body(request: Request) -> dict:
    try:
        body = json.loads(request.get_data(as_text=True))
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value) + "\n", status=status, content_type="application/json")
