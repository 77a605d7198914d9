"""Handles one EC2 or STS call: identifies the caller, lets moto perform the call, and records it."""

from __future__ import annotations

import copy
import logging
import re
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from xml.sax.saxutils import unescape

from botocore.model import OperationNotFoundError
from botocore.parsers import create_parser
from moto.core.request import Request
from moto.core.utils import get_service_model
from moto.ec2.exceptions import FilterNotImplementedError
from moto.ec2.responses import EC2Response
from moto.sts.responses import TokenResponse
from werkzeug.wrappers import Response

from .. import cloudtrail, refusals
from ..cloudtrail import ApiCall, is_write
from ..cloudtrail_shapes import request_parameters, response_elements
from ..deliveries import Deliveries, Event
from ..settings import Settings
from ..sts import Identity, Sessions
from ..tag_events import TagEvents
from . import tag_changes
from .admission import Admission
from .calls import CallLog
from .errors import ApiError, invalid_value, render
from .route_changes import RouteChanges, conflict

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/(ec2|sts)/aws4_request")
SERVICES = {"ec2": EC2Response, "sts": TokenResponse}
DENIALS = ("AccessDenied", "OptInRequired", "RegionDisabledException", "UnauthorizedOperation")
log = logging.getLogger(__name__)


class LocalRequest(Request):
    from_wsgi_server = True


@dataclass
class Call:
    request: Request
    request_id: str
    service: str = "ec2"
    region: str = ""
    action: str = ""
    identity: Identity | None = None
    params: dict | None = None
    body: str = ""
    error: ApiError | None = None
    is_alone: bool = True
    tag_events: list[dict] = field(default_factory=list)


class Dispatcher:
    def __init__(self, settings: Settings, sessions: Sessions, deliveries: Deliveries, calls: CallLog):
        self._settings = settings
        self._sessions = sessions
        self._deliveries = deliveries
        self._tag_events = TagEvents()
        self._calls = calls
        self._admission = Admission(settings, sessions)
        self._route_changes = RouteChanges()
        # moto's backends are not safe for threads.
        self._one_at_a_time = threading.Lock()

    def handle(self, request: Request) -> Response:
        call = Call(request, str(uuid.uuid4()), action=request.form.get("Action", ""))
        with self._route_changes.under_way(request.form) as call.is_alone:
            time.sleep(self._settings.latency_seconds)
            self._try(call)
        return self._answer(call)

    def _try(self, call: Call) -> None:
        try:
            self._identify(call)
            with self._one_at_a_time:
                self._perform_and_note_tags(call)
        except ApiError as error:
            call.error = error
        except Exception:
            log.exception("%s failed inside the local AWS", call.action)
            call.error = ApiError("InternalError", "An internal error has occurred", 500)

    def _identify(self, call: Call) -> None:
        credential = CREDENTIAL.search(call.request.headers.get("Authorization", ""))
        if credential is None:
            message = "Request must be signed for ec2 or sts with Signature Version 4"
            raise ApiError("MissingAuthenticationToken", message, 403)
        access_key, call.region, call.service = credential.groups()
        call.identity = self._sessions.identify(access_key, call.region)
        # moto prefers the account in this header to any other.
        call.request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.identity.account

    def _perform_and_note_tags(self, call: Call) -> None:
        try:
            self._perform(call)
        finally:
            changes = tag_changes.take()
        if call.error is None:
            call.tag_events = self._tag_events.envelopes(changes, self._settings.now())

    def _perform(self, call: Call) -> None:
        response = SERVICES[call.service]()
        response.caller, response.sessions = call.identity, self._sessions
        try:
            response.setup_class(call.request)
        except OperationNotFoundError:
            raise _unknown(call.action) from None
        # The record has what was sent, and the handlers change the parameters.
        call.params = copy.deepcopy(response.params)
        self._check(call)
        try:
            status, _, call.body = response.call_action()
        except FilterNotImplementedError as error:
            raise invalid_value(str(error).partition(" for ")[0] + " is invalid") from None
        except NotImplementedError:
            raise _unknown(call.action) from None
        if status >= 300:
            call.error = _error_in(call.body, status)

    def _check(self, call: Call) -> None:
        if call.service == "sts":
            self._admission.check_sts(call.region, call.action, call.params)
            return
        self._admission.check_ec2(call.identity, call.region, call.action, call.params)
        if self._settings.route_changes_conflict and not call.is_alone:
            raise conflict(call.params["RouteTableId"])

    def _answer(self, call: Call) -> Response:
        code = call.error.code if call.error else None
        self._calls.add(self._settings.now(), call.region, call.action, call.identity, code)
        if call.error:
            if code in DENIALS and call.identity:
                refusals.add(code, call.identity.arn, f"{call.action}: {call.error.message}")
            call.body = render(call.error, call.service, call.request_id)
        else:
            call.body = re.sub(r"(?i)(?<=<requestid>)[^<]*", call.request_id, call.body)
        response = Response(
            call.body,
            status=call.error.status if call.error else 200,
            content_type="text/xml;charset=UTF-8",
            headers={"x-amzn-requestid": call.request_id},
        )
        if call.service == "ec2" and call.params is not None and is_write(call.action):
            events = self._events(call)
            response.call_on_close(lambda: [self._deliveries.schedule(event) for event in events])
        if call.error is None and self._settings.use_up("lose_answers", f"{call.identity.account}/{call.action}"):
            call.request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return response

    def _events(self, call: Call) -> list[Event]:
        record = cloudtrail.envelope(_recorded(call), self._settings.now())
        return [
            self._deliveries.add(record, "lag_seconds"),
            *(self._deliveries.add(envelope, "tag_lag_seconds") for envelope in call.tag_events),
        ]


def _recorded(call: Call) -> ApiCall:
    operation = _operation(call.action)
    answer = None
    if call.error is None:
        wire = {"body": call.body.encode(), "headers": {}, "status_code": 200}
        parsed = create_parser("ec2").parse(wire, operation.output_shape) if operation.output_shape else {}
        answer = response_elements(operation, parsed, call.body, call.request_id)
    return ApiCall(
        action=call.action,
        region=call.region,
        identity=call.identity,
        source_ip=call.request.remote_addr or "127.0.0.1",
        user_agent=call.request.headers.get("User-Agent", ""),
        request_id=call.request_id,
        request_parameters=request_parameters(operation, call.params, call.request.form),
        response_elements=answer,
        error_code=call.error.code if call.error else None,
        error_message=call.error.message if call.error else None,
        server_fault=bool(call.error and call.error.code == "InternalError"),
    )


def _operation(action: str):
    return get_service_model("ec2").operation_model(action)


def _unknown(action: str) -> ApiError:
    return ApiError("InvalidAction", f"The action {action} is not valid for this web service, or not known to moto.")


def _error_in(body: str, status: int) -> ApiError:
    code, message = (re.search(rf"<{tag}>(.*?)</{tag}>", body, re.DOTALL) for tag in ("Code", "Message"))
    return ApiError(
        unescape(code.group(1)) if code else "InternalError", unescape(message.group(1)) if message else "", status
    )
