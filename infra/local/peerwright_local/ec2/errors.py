"""An API error with the HTTP status that AWS gives it; moto's own errors are always 400."""

from __future__ import annotations

from xml.sax.saxutils import escape


class ApiError(Exception):
    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid_value(message: str) -> ApiError:
    return ApiError("InvalidParameterValue", message)


def missing_parameter(name: str) -> ApiError:
    return ApiError("MissingParameter", f"The request must contain the parameter {name}")


def not_permitted(message: str) -> ApiError:
    return ApiError("OperationNotPermitted", message)


def render(error: ApiError, service: str, request_id: str) -> str:
    code, message = escape(error.code), escape(error.message)
    if service == "sts":
        kind = "Sender" if error.status < 500 else "Receiver"
        return (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
            f"<Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message>"
            f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
        f"<Code>{code}</Code><Message>{message}</Message>"
        f"</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    )
