"""CloudWatch's alarms: those on metric math, and the topics that they may publish to."""

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from peerwright_local import refusals
from peerwright_local.aws import topic_policies
from peerwright_local.patch import wrap

_OF_ONE_METRIC = ("Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "Unit")


def install_metric_math() -> None:
    wrap(provisioners, _cw_metric_alarm_record=_with_metric_math)


def install_permissions() -> None:
    wrap(cloudwatch, _dispatch_alarm_actions=_asking_the_topics)


def _with_metric_math(record):
    def alarm_of(name, properties):
        metrics = properties.get("Metrics")
        if not metrics:
            return record(name, properties)
        # It is kept with its metrics, and changes its state only when a client sets it: nothing here computes expressions.
        alarm = record(name, {**properties, "Metrics": None, "Namespace": "-", "MetricName": "-"})
        for key in _OF_ONE_METRIC:
            alarm.pop(key, None)
        return {**alarm, "Metrics": metrics}

    return alarm_of


def _asking_the_topics(dispatch):
    def dispatch_permitted(alarm, old_state, new_state, reason):
        permitted = {**alarm}
        for key in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            permitted[key] = [action for action in alarm.get(key) or [] if _may_publish(action, alarm["AlarmArn"])]
        dispatch(permitted, old_state, new_state, reason)

    return dispatch_permitted


def _may_publish(topic: str, alarm: str) -> bool:
    if topic_policies.allows(topic, "cloudwatch.amazonaws.com", alarm):
        return True
    refusals.add("NO_PERMISSIONS", alarm, f"The policy of {topic} does not let {alarm} publish to it.")
    return False
