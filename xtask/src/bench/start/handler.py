"""A Python function as one would write it: the client is made at import, and an invocation describes a connection."""

import boto3

EC2 = boto3.client("ec2")


def handle(event, _context):
    found = EC2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[event["connection"]])
    return len(found.get("VpcPeeringConnections", []))
