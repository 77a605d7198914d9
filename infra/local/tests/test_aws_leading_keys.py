"""dynamodb:LeadingKeys: a policy may limit which items of a table are read and written."""

import pytest
from aws_world import HUB
from botocore.exceptions import ClientError

TABLE = "leading-keys"
LIKE_PCX = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["pcx-*"]}}
OURS, OTHERS = "pcx-1", "vpc#1"


@pytest.fixture(scope="module")
def table(local_aws):
    dynamodb = local_aws.client("dynamodb")
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "by")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-person",
                "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture(scope="module")
def role_with(local_aws, table):
    """A client of a role whose only statement allows everything in DynamoDB, under a condition."""
    made = {}

    def client(condition):
        key = repr(condition)
        if key not in made:
            allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": condition}
            name = local_aws.unique("leading-keys")
            made[key] = local_aws.as_role("dynamodb", local_aws.role(HUB, name, "lambda.amazonaws.com", [allowed]))
        return made[key]

    return client


def key(pk):
    return {"pk": {"S": pk}, "sk": {"S": "current"}}


def query(dynamodb, pk, **more):
    condition = {"KeyConditionExpression": "#k = :k AND begins_with(sk, :s)", "ExpressionAttributeNames": {"#k": "pk"}}
    values = {":k": {"S": pk}, ":s": {"S": "c"}}
    return dynamodb.query(TableName=TABLE, **condition, ExpressionAttributeValues=values, **more)


def query_index(dynamodb, by):
    condition = {"KeyConditionExpression": "by = :by", "ExpressionAttributeValues": {":by": {"S": by}}}
    return dynamodb.query(TableName=TABLE, IndexName="by-person", **condition)


def query_with_conditions(dynamodb, pk):
    equal = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": pk}]}
    return dynamodb.query(TableName=TABLE, KeyConditions={"pk": equal})


def update(dynamodb, pk):
    values = {":n": {"N": "1"}}
    return dynamodb.update_item(
        TableName=TABLE, Key=key(pk), UpdateExpression="SET n = :n", ExpressionAttributeValues=values
    )


CALLS = {
    "GetItem": lambda db, pk: db.get_item(TableName=TABLE, Key=key(pk)),
    "PutItem": lambda db, pk: db.put_item(TableName=TABLE, Item=key(pk)),
    "UpdateItem": update,
    "DeleteItem": lambda db, pk: db.delete_item(TableName=TABLE, Key=key(pk)),
    "Query": query,
    "Query of an index": query_index,
    "Query with KeyConditions": query_with_conditions,
    "BatchGetItem": lambda db, pk: db.batch_get_item(RequestItems={TABLE: {"Keys": [key(OURS), key(pk + "2")]}}),
    "BatchWriteItem, put": lambda db, pk: db.batch_write_item(
        RequestItems={TABLE: [{"PutRequest": {"Item": key(OURS)}}, {"PutRequest": {"Item": key(pk + "2")}}]}
    ),
    "BatchWriteItem, delete": lambda db, pk: db.batch_write_item(
        RequestItems={TABLE: [{"DeleteRequest": {"Key": key(OURS)}}, {"DeleteRequest": {"Key": key(pk + "2")}}]}
    ),
    "TransactWriteItems, put": lambda db, pk: db.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": TABLE, "Key": key(OURS)}},
            {"Put": {"TableName": TABLE, "Item": key(pk + "2")}},
        ]
    ),
    "TransactWriteItems, check": lambda db, pk: db.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": key(OURS)}},
            {
                "ConditionCheck": {
                    "TableName": TABLE,
                    "Key": key(pk + "2"),
                    "ConditionExpression": "attribute_not_exists(nothing)",
                }
            },
        ]
    ),
    "TransactGetItems": lambda db, pk: db.transact_get_items(
        TransactItems=[{"Get": {"TableName": TABLE, "Key": key(one)}} for one in (OURS, pk + "2")]
    ),
}


def denied(call, *arguments):
    try:
        call(*arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return True
    return False


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_allowed_for_the_keys_that_the_policy_names_and_no_others(role_with, name):
    dynamodb = role_with(LIKE_PCX)
    assert [denied(CALLS[name], dynamodb, pk) for pk in (OURS, OTHERS)] == [False, True]


def test_a_scan_names_no_key_and_so_needs_a_policy_that_requires_one_to_be_refused(role_with):
    scan = lambda db: db.scan(TableName=TABLE)  # noqa: E731
    assert not denied(scan, role_with(LIKE_PCX))
    with_key = role_with({**LIKE_PCX, "Null": {"dynamodb:LeadingKeys": "false"}})
    assert denied(scan, with_key)
    assert not denied(CALLS["GetItem"], with_key, OURS)


def test_each_part_of_a_transaction_is_decided_by_itself(local_aws, table):
    of = lambda action, like: {  # noqa: E731
        "Effect": "Allow",
        "Action": f"dynamodb:{action}",
        "Resource": "*",
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": like}},
    }
    # The same action on two kinds of items, by two statements.
    allowed = [of("PutItem", "pcx-*"), of("PutItem", "vpc#*"), of("DeleteItem", "vpc#*")]
    role = local_aws.role(HUB, local_aws.unique("parts"), "lambda.amazonaws.com", allowed)
    dynamodb = local_aws.as_role("dynamodb", role)
    put = lambda pk: {"Put": {"TableName": TABLE, "Item": key(pk)}}  # noqa: E731
    delete = lambda pk: {"Delete": {"TableName": TABLE, "Key": key(pk)}}  # noqa: E731
    transact = lambda *parts: dynamodb.transact_write_items(TransactItems=list(parts))  # noqa: E731
    transact(put(OURS), put(OTHERS), delete("vpc#2"))
    assert denied(transact, put(OURS), delete("pcx-2"))
    assert denied(transact, put("place#1"))


def test_what_was_denied_is_listed_with_the_action_of_the_part(local_aws, role_with):
    before = len(local_aws.ask_ec2("/refusals"))
    assert denied(CALLS["TransactWriteItems, put"], role_with(LIKE_PCX), OTHERS)
    [told] = local_aws.ask_ec2("/refusals")[before:]
    assert told["message"].startswith("dynamodb:PutItem on arn:") and told["message"].endswith(f":table/{TABLE}")
