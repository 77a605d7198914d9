"""Made-up networks of any size, in the words of `peerwright graph --format json`: a few hubs, spokes around them, some meshes. The same every time."""

import random

REGIONS = ["eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2", "us-west-2"]
HUBS = ["shared-services", "data-platform", "inspection", "ci", "identity"]
TEAMS = ["checkout", "search", "ledger", "billing", "ads", "maps", "media", "risk", "mail", "stock"]
STAGES = ["dev", "test", "prod"]
PORTS = ["tcp/443", "tcp/5432", "tcp/6379", "tcp/8000-8099", "udp/53", "icmp"]

# How connections of an estate stand: most work.
STANDINGS = [
    ("working", "active", "converged", 80),
    ("limited", "active", "partial", 5),
    ("waiting", "provisioning", "waiting", 2),
    ("held", "pending-acceptance", "held", 4),
    ("blocked", "active", "blocked", 3),
    ("isolated", "active", "isolated", 1),
    ("unmanaged", "active", None, 2),
    ("ended", "deleted", "ended", 3),
]
REASONS = {
    "limited": "requester: rtb-0aa sends 10.9.0.0/16 to tgw-0bb; remove that route, or exclude the addresses",
    "waiting": "AWS is provisioning the connection",
    "held": "rule dev-to-shared does not match: requester.tags is not met (env is prod)",
    "blocked": "can't make 2 of 9 routes: RouteLimitExceeded, the table has 50 routes",
    "isolated": "no rule allows it any more",
    "ended": "Deleted by 111111111111",
}


def hex17(number):
    return f"{number:017x}"


def network(vpcs, connections, accounts, regions=2, seed=1):
    dice = random.Random(seed)
    owners = [f"{111111111111 + 1001 * number}" for number in range(accounts)]
    tree = {owner: {} for owner in owners}
    places = []
    for number in range(vpcs):
        owner = owners[number] if number < accounts else dice.choice(owners)
        region = REGIONS[dice.randrange(regions)] if number >= min(3, vpcs) else REGIONS[0]
        hub = number < max(1, vpcs // 25)
        name = HUBS[number % len(HUBS)] if hub else f"{TEAMS[number % len(TEAMS)]}-{STAGES[number // len(TEAMS) % 3]}-{number}"
        vpc = {
            "id": f"vpc-{hex17(number + 1)}",
            "aliases": [name] if hub else [],
            "name": name,
            "cidrs": [f"10.{number // 4 % 256}.{number % 4 * 64}.0/18"] + (["100.64.0.0/20"] if number % 9 == 0 else []),
            "seen": True,
        }
        tree[owner].setdefault(region, []).append(vpc)
        places.append((owner, region, vpc, hub))
    made = pairs(dice, places, connections)
    return {
        "at": "2026-11-28T12:00:00Z",
        "accounts": [
            {
                "id": owner,
                "name": f"team-{TEAMS[number % len(TEAMS)]}" if number else "platform",
                "regions": [{"name": region, "vpcs": members} for region, members in sorted(tree[owner].items())],
            }
            for number, owner in enumerate(owners)
        ],
        "connections": [connection(dice, number, *pair) for number, pair in enumerate(made)],
        "rules": [
            {"id": rule, "text": f"id: {rule}\neffect: allow\nrequester:\n  tags: {{env: dev}}\naccepter:\n  aliases: [shared-services]\n"}
            for rule in RULES
        ],
        "unread": [],
    }


RULES = ["dev-to-shared", "prod-to-shared", "mesh-payments", "data-readers", "ci-everywhere"]


def pairs(dice, places, wanted):
    hubs = [place for place in places if place[3]]
    seen, made = set(), []
    for attempt in range(wanted * 50):
        if len(made) == wanted:
            break
        one = places[attempt % len(places)] if attempt < len(places) else dice.choice(places)
        other = dice.choice(hubs) if dice.random() < 0.7 else dice.choice(places)
        key = frozenset([one[2]["id"], other[2]["id"]])
        if len(key) == 2 and key not in seen:
            seen.add(key)
            made.append((one, other))
    return made


def connection(dice, number, one, other):
    standing, state, status, _ = dice.choices(STANDINGS, [weight for *_, weight in STANDINGS])[0]
    made = standing in ("working", "limited", "blocked")
    port = dice.choice(PORTS)
    return {
        "id": f"pcx-{hex17(number + 1)}",
        "requester": end(one, other, made, number, None),
        "accepter": end(other, one, made, number + 7, port),
        "state": state,
        "status": status,
        "standing": standing,
        "rules": [] if standing == "unmanaged" else [dice.choice(RULES)],
        "openings": [f"{port} to {other[2]['name']}"] if made else [],
        "reason": REASONS.get(standing),
        "asked_by": f"the tag of {one[2]['id']}",
        "since": "2026-11-27T09:30:00Z",
    }


def end(place, peer, made, number, port):
    owner, region, vpc, _ = place
    tables = [
        {
            "id": f"rtb-{hex17(number * 10 + at)}",
            "name": f"private-{'abc'[at]}",
            "main": at == 0,
            "routes": [{"destination": block, "blackhole": False, "ours": True} for block in peer[2]["cidrs"]],
        }
        for at in range(number % 3 + 1)
    ]
    rule = {"group": f"sg-{hex17(number)}", "name": "app", "direction": "ingress", "traffic": port, "peer": peer[2]["cidrs"][0]}
    return {
        "account": owner,
        "region": region,
        "vpc": vpc["id"],
        "tables": tables if made else [],
        "group_rules": [rule] if made and port else [],
        "dns": made,
    }


def small():
    """Six VPCs whose every connection a test knows."""
    return {
        "at": "2026-11-28T12:00:00Z",
        "accounts": [
            owner("111111111111", "member-a", ("eu-west-1", APP, WEB), ("eu-central-1", CENTRAL)),
            owner("222222222222", "member-b", ("eu-west-1", SHARED), ("eu-central-1", DATA)),
            owner("999999999999", None, ("eu-west-1", STRANGER)),
            owner("333333333333", "empty", ("us-east-1",)),
        ],
        "connections": [
            known(1, APP, SHARED, "active", "converged", "working", "dev-to-shared", **MADE),
            known(
                2,
                APP,
                DATA,
                "active",
                "partial",
                "limited",
                "dev-to-data",
                reason="rtb-0000000b2 already sends 10.1.0.0/16 to tgw-00000001",
            ),
            known(
                3, CENTRAL, DATA, "pending-acceptance", "denied", "held", "no-central-to-data", reason="rule no-central-to-data denies it"
            ),
            known(4, STRANGER, SHARED, "active", "blocked", "blocked", None, reason="RouteLimitExceeded"),
            known(5, WEB, SHARED, "active", "converged", "working", "dev-to-shared"),
            known(6, WEB, APP, "deleted", "ended", "ended", None, reason="neither VPC asks for it any more"),
        ],
        "rules": [{"id": "dev-to-shared", "text": "id: dev-to-shared\neffect: allow\n"}],
        "unread": [{"what": "222222222222/us-east-1", "why": "AccessDenied; deploy infra/member.yaml there"}],
    }


APP = ("111111111111", "eu-west-1", "vpc-0000000a1", "app", ["10.1.0.0/16", "2001:db8:1:100::/56"])
WEB = ("111111111111", "eu-west-1", "vpc-0000000a3", "web", ["10.5.0.0/16"])
CENTRAL = ("111111111111", "eu-central-1", "vpc-0000000a2", "app-central", ["10.3.0.0/16"])
SHARED = ("222222222222", "eu-west-1", "vpc-0000000b1", "shared-services", ["10.2.0.0/16"])
DATA = ("222222222222", "eu-central-1", "vpc-0000000b2", "data", ["10.4.0.0/16"])
STRANGER = ("999999999999", "eu-west-1", "vpc-000000091", "who-knows", ["10.99.0.0/16"])
ASKS = {"app": ["shared-services"]}
MADE = {
    "openings": ["tcp/443 to shared-services"],
    "tables": [
        {
            "id": "rtb-0000000a1",
            "name": "private",
            "main": True,
            "routes": [{"destination": "10.2.0.0/16", "blackhole": False, "ours": True}],
        }
    ],
    "group_rules": [{"group": "sg-0000000b1", "name": "front", "direction": "ingress", "traffic": "tcp/443", "peer": "10.1.0.0/16"}],
    "history": [
        {"at": "2026-11-23T10:00:05Z", "what": "converged", "details": ["2 routes"]},
        {"at": "2026-11-23T10:00:01Z", "what": "accepted"},
    ],
}


def owner(account, name, *regions):
    members = [
        {
            "name": region,
            "vpcs": [
                {"id": vpc, "name": called, "cidrs": cidrs, "asks": ASKS.get(called, []), "seen": True} for _, _, vpc, called, cidrs in vpcs
            ],
        }
        for region, *vpcs in regions
    ]
    return {"id": account, "regions": members} | ({"name": name} if name else {})


def known(number, one, other, state, status, standing, rule, reason=None, openings=(), tables=(), group_rules=(), history=()):
    place = ("account", "region", "vpc")
    found = {
        "id": f"pcx-{hex17(number)}",
        "requester": dict(zip(place, one)) | {"tables": list(tables), "group_rules": [], "dns": True},
        "accepter": dict(zip(place, other)) | {"tables": [], "group_rules": list(group_rules), "dns": False},
        "state": state,
        "status": status,
        "standing": standing,
        "rules": [rule] if rule else [],
        "openings": list(openings),
        "history": list(history),
    }
    return found | ({"reason": reason} if reason else {})
