"""VPCs as a team would create them: with several CIDR blocks, route tables and security groups."""

from dataclasses import dataclass, field

from peerwright_client.aws import Aws, Place

Tags = dict[str, str]


@dataclass(frozen=True)
class Vpc:
    name: str
    place: Place
    id: str
    main_table: str
    tables: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    @property
    def all_tables(self) -> list[str]:
        return [self.main_table, *self.tables.values()]


def make_vpc(
    aws: Aws,
    place: Place,
    name: str,
    cidrs: list[str],
    *,
    ipv6: bool = False,
    tags: Tags | None = None,
    tables: dict[str, Tags] | None = None,
    groups: dict[str, Tags] | None = None,
) -> Vpc:
    """Creates a VPC with these blocks, DNS host names enabled, and tables and groups by name with their tags."""
    ec2 = aws.ec2(place)
    vpc = ec2.create_vpc(
        CidrBlock=cidrs[0], AmazonProvidedIpv6CidrBlock=ipv6, TagSpecifications=_tagged("vpc", name, tags or {})
    )["Vpc"]["VpcId"]
    for cidr in cidrs[1:]:
        ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=cidr)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    main = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    return Vpc(
        name,
        place,
        vpc,
        ec2.describe_route_tables(Filters=main)["RouteTables"][0]["RouteTableId"],
        {table: _make_table(ec2, vpc, table, its_tags) for table, its_tags in (tables or {}).items()},
        {group: _make_group(ec2, vpc, group, its_tags) for group, its_tags in (groups or {}).items()},
    )


def request_peering(aws: Aws, requester: Vpc, accepter: Vpc) -> str:
    """Requests a peering connection; returns its id."""
    answer = aws.ec2(requester.place).create_vpc_peering_connection(
        VpcId=requester.id,
        PeerVpcId=accepter.id,
        PeerOwnerId=accepter.place.account,
        PeerRegion=accepter.place.region,
    )
    return answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]


def _make_table(ec2, vpc: str, name: str, tags: Tags) -> str:
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=_tagged("route-table", name, tags))
    return table["RouteTable"]["RouteTableId"]


def _make_group(ec2, vpc: str, name: str, tags: Tags) -> str:
    """Creates a group without rules: the one that lets everything out is removed."""
    group = ec2.create_security_group(
        VpcId=vpc, GroupName=name, Description=name, TagSpecifications=_tagged("security-group", name, tags)
    )["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    return group


def _tagged(kind: str, name: str, tags: Tags) -> list[dict]:
    tags = {"Name": name, **tags}
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
