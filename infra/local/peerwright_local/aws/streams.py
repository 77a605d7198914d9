"""Event source mappings of DynamoDB streams: the permission to read a stream, and the handling of batches."""

import contextvars
import threading
import time

from ministack.core.arn import parse_arn
from ministack.core.responses import error_response_json, get_region, request_scope
from ministack.services import dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners

from peerwright_local.aws import roles
from peerwright_local.patch import replace, wrap

POLL_SECONDS = 0.05
# AWS does not document how long Lambda waits before it retries a failed batch.
RETRY_SECONDS = 1.0
_ACTIONS = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
_positions = lambda_svc._dynamodb_stream_positions
_readers: dict[str, "_Reader"] = {}


def install() -> None:
    replace(lambda_svc, _poll_dynamodb_streams=lambda: False)
    wrap(lambda_svc, _create_esm=_asking_first)
    handler = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    handler["create"] = _asking_first_in_a_stack(handler["create"])
    threading.Thread(target=_poll_forever, daemon=True, name="stream-poller").start()


def unread() -> list[dict]:
    """How many records of its stream each mapping has not handled."""
    found = []
    for account, region, mapping in lambda_svc._iter_all_esms():
        if ":dynamodb:" in mapping["EventSourceArn"] and mapping.get("Enabled", True):
            table = _table(mapping)
            with request_scope(account, region):
                count = dynamodb.stream_end_position(table) - _position(mapping, table)
            found.append({"function": mapping["FunctionArn"], "stream": mapping["EventSourceArn"], "records": count})
    return found


def _table(mapping: dict) -> str:
    return parse_arn(mapping["EventSourceArn"]).resource.split("/")[1]


def _position(mapping: dict, table: str) -> int:
    return max(_positions.get(mapping["UUID"], 0), dynamodb.stream_start_position(table))


def _asking_first(create):
    def create_mapping(data: dict):
        refused = _refusal(data.get("FunctionName", ""), data.get("EventSourceArn", ""))
        return error_response_json("InvalidParameterValueException", refused, 400) if refused else create(data)

    return create_mapping


def _asking_first_in_a_stack(create):
    def create_mapping(logical_id: str, properties: dict, stack_name: str):
        if refused := _refusal(properties.get("FunctionName", ""), properties.get("EventSourceArn", "")):
            raise ValueError(refused)
        return create(logical_id, properties, stack_name)

    return create_mapping


def _refusal(function: str, source: str) -> str | None:
    if ":dynamodb:" not in source:
        return None
    _, configuration, _ = lambda_svc._get_func_record_for_ref(function)
    role = (configuration or {}).get("Role", "")
    lacking = [
        f"dynamodb:{action}"
        for action in _ACTIONS
        if not roles.service_may_use(role, "lambda.amazonaws.com", f"dynamodb:{action}", source, get_region())
    ]
    return f"Cannot access stream {source}. The role {role} does not allow {', '.join(lacking)}." if lacking else None


def _poll_forever() -> None:
    while True:
        time.sleep(POLL_SECONDS)
        for account, region, mapping in lambda_svc._iter_all_esms():
            if ":dynamodb:" in mapping["EventSourceArn"] and mapping.get("Enabled", True):
                with request_scope(account, region):
                    _readers.setdefault(mapping["UUID"], _Reader(mapping)).poll()


class _Reader:
    """Handles one batch after the other: the stream of a small table has one shard, and a shard has one batch at a time."""

    def __init__(self, mapping: dict):
        self._mapping = mapping
        self._busy = False
        self._waiting_since: float | None = None
        self._failures = 0
        self._not_before = 0.0

    def poll(self) -> None:
        if self._busy or time.monotonic() < self._not_before:
            return
        table = _table(self._mapping)
        start = _position(self._mapping, table)
        size = int(self._mapping.get("BatchSize", 100))
        records = dynamodb.stream_records_since(table, start, size)
        if not records or not self._is_full(len(records) >= size):
            return
        self._busy = True
        scope = contextvars.copy_context()
        threading.Thread(target=scope.run, args=(self._take, start, records), daemon=True, name="stream-batch").start()

    def _is_full(self, is_large_enough: bool) -> bool:
        """Whether the batch is to be handled: it is large enough, it is a retry, or the batching window is over."""
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        window = int(self._mapping.get("MaximumBatchingWindowInSeconds", 0))
        return is_large_enough or self._failures > 0 or now - self._waiting_since >= window

    def _take(self, start: int, records: list[dict]) -> None:
        try:
            wanted = lambda_svc._apply_filter_criteria(records, self._mapping)
            failed = self._first_failed(wanted) if wanted else None
            done = len(records) if failed is None else records.index(failed)
            self._advance(start + done if failed is None or self._may_retry() else start + len(records))
        finally:
            self._waiting_since = None
            self._busy = False

    def _first_failed(self, records: list[dict]) -> dict | None:
        function, _ = lambda_svc._get_func_record_for_qualifier(
            self._mapping["FunctionName"], self._mapping.get("Qualifier")
        )
        result = lambda_svc._execute_function(function, {"Records": records})
        failed = records[0] if result.get("error") else self._reported(result.get("body"), records)
        if failed is None:
            self._failures = 0
            return None
        self._failures += 1
        self._not_before = time.monotonic() + RETRY_SECONDS
        if not self._may_retry():
            lambda_svc._send_ddb_stream_failure_record(
                self._mapping,
                function,
                records[records.index(failed) :],
                self._mapping["EventSourceArn"],
                result,
                "RetryAttemptsExhausted",
            )
        return failed

    def _reported(self, answer: object, records: list[dict]) -> dict | None:
        """The earliest record that the function reports as failed; it is retried with all later ones."""
        if "ReportBatchItemFailures" not in self._mapping.get("FunctionResponseTypes", []) or not isinstance(answer, dict):
            return None
        reported = [one.get("itemIdentifier") for one in answer.get("batchItemFailures") or []]
        numbers = {record["dynamodb"]["SequenceNumber"] for record in records}
        if not set(reported) <= numbers:
            # An unknown identifier counts as a failure of the whole batch.
            return records[0]
        return next((record for record in records if record["dynamodb"]["SequenceNumber"] in reported), None)

    def _may_retry(self) -> bool:
        most = int(self._mapping.get("MaximumRetryAttempts", -1))
        return most < 0 or self._failures <= most

    def _advance(self, position: int) -> None:
        if not self._may_retry():
            self._failures = 0
        with lambda_svc._dynamodb_stream_positions_lock:
            _positions[self._mapping["UUID"]] = position
