"""What CloudFormation sets of a table beside its keys: recovery, time to live, encryption."""

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

_HANDLER = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]


def install() -> None:
    _HANDLER["create"] = _creating(_HANDLER["create"])
    _HANDLER["update"] = _updating(_HANDLER["update"])


def _creating(create):
    def made(logical_id, properties, stack_name):
        name, attributes = create(logical_id, properties, stack_name)
        _set(name, properties)
        return name, attributes

    return made


def _updating(update):
    def updated(physical_id, old, new, *more, **keywords):
        name, attributes = update(physical_id, old, new, *more, **keywords)
        _set(name, new)
        return name, attributes

    return updated


def _set(name: str, properties: dict) -> None:
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": recovery})
    if expiry := properties.get("TimeToLiveSpecification"):
        dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": expiry})
    if encryption := properties.get("SSESpecification"):
        wanted = {"Enabled": encryption["SSEEnabled"], **{key: encryption[key] for key in ("SSEType", "KMSMasterKeyId") if encryption.get(key)}}
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(wanted)
