"""Policies that let a caller at some partitions of a table and at no others."""

import botocore.session
import pytest
from aws_world import WEST, document
from botocore.exceptions import ClientError


@pytest.fixture
def table(local_aws):
    """A table with an item in each of two partitions, and its client for whoever may do something with some partitions."""
    return Table(local_aws)


class Table:
    def __init__(self, local_aws):
        self._local_aws, self.name = local_aws, local_aws.unique("table")
        dynamodb = local_aws.client("dynamodb")
        keys = [("partition", "HASH"), ("sort", "RANGE")]
        dynamodb.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        for partition in ("ours#1", "theirs#1"):
            dynamodb.put_item(TableName=self.name, Item=item(partition))

    def whoever_may(self, *actions: str):
        """The client of a user who may do this with partitions whose names begin with `ours#`."""
        iam, name = self._local_aws.client("iam"), self._local_aws.unique("user")
        iam.create_user(UserName=name)
        condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ours#*"]}}
        allowed = {"Effect": "Allow", "Resource": "*", "Condition": condition}
        policy = document({**allowed, "Action": [f"dynamodb:{action}" for action in actions]})
        iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return botocore.session.Session().create_client(
            "dynamodb",
            region_name=WEST,
            endpoint_url=self._local_aws.state["aws_endpoint"],
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    def calls(self, client, *partitions: str) -> dict:
        """A call of each kind about some partitions."""
        first, table = item(partitions[0]), {"TableName": self.name}
        several = [item(partition) for partition in partitions]
        condition = {"KeyConditionExpression": "#p = :p AND begins_with(#s, :s)"}
        names = {"ExpressionAttributeNames": {"#p": "partition", "#s": "sort"}}
        values = {"ExpressionAttributeValues": {":p": first["partition"], ":s": {"S": "o"}}}
        check = {"ConditionExpression": "attribute_exists(sort)"}
        parts = [{"ConditionCheck": {**table, **check, "Key": one}} for one in several]
        return {
            "GetItem": lambda: client.get_item(**table, Key=first),
            "PutItem": lambda: client.put_item(**table, Item=first),
            "Query": lambda: client.query(**table, **condition, **names, **values),
            "BatchGetItem": lambda: client.batch_get_item(RequestItems={self.name: {"Keys": several}}),
            "ConditionCheckItem": lambda: client.transact_write_items(TransactItems=parts),
        }


def item(partition: str) -> dict:
    return {"partition": {"S": partition}, "sort": {"S": "one"}}


def is_allowed(call) -> bool:
    try:
        call()
    except ClientError as error:
        assert "AccessDenied" in error.response["Error"]["Code"], error
        return False
    return True


@pytest.mark.parametrize("action", ["GetItem", "PutItem", "Query", "BatchGetItem", "ConditionCheckItem"])
def test_a_call_about_a_partition_is_allowed_where_the_policy_names_it(table, action):
    client = table.whoever_may(action)
    assert is_allowed(table.calls(client, "ours#1")[action])
    assert not is_allowed(table.calls(client, "theirs#1")[action])


@pytest.mark.parametrize("action", ["BatchGetItem", "ConditionCheckItem"])
def test_a_call_about_several_partitions_needs_all_of_them(table, action):
    assert not is_allowed(table.calls(table.whoever_may(action), "ours#1", "theirs#1")[action])


def test_each_part_of_a_transaction_is_judged_by_its_own_partition(table):
    client = table.whoever_may("PutItem")
    put = lambda partition: {"Put": {"TableName": table.name, "Item": item(partition)}}  # noqa: E731
    assert is_allowed(lambda: client.transact_write_items(TransactItems=[put("ours#1"), put("ours#2")]))
    assert not is_allowed(lambda: client.transact_write_items(TransactItems=[put("ours#1"), put("theirs#1")]))


def test_a_scan_names_no_partition_and_meets_every_such_condition(table):
    assert is_allowed(lambda: table.whoever_may("Scan").scan(TableName=table.name))
