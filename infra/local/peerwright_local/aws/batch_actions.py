"""The permissions of SQS's batch calls."""

from ministack.core import iam_actions

from peerwright_local.aws.replace import replace

_BATCHES = {
    f"sqs:{action}Batch": f"sqs:{action}" for action in ("ChangeMessageVisibility", "DeleteMessage", "SendMessage")
}


def install() -> None:
    replace(iam_actions, "extract_iam_action", _as_single)


def _as_single(extract):
    def action_of(*arguments, **keywords):
        action = extract(*arguments, **keywords)
        return _BATCHES.get(action, action)

    return action_of
