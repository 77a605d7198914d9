"""Accounts that were in the organization before anybody looked."""

import time

from ministack.core.responses import get_account_id
from ministack.services import organizations

from peerwright_local.aws.organization import ACCOUNTS, HUB, MEMBERS
from peerwright_local.aws.replace import replace


def install() -> None:
    replace(organizations, "_ensure_org", _with_members)


def _with_members(ensure):
    def ensured():
        ensure()
        if get_account_id() == HUB and MEMBERS[0] not in organizations._accounts:
            for name, account in ACCOUNTS.items():
                if account in MEMBERS:
                    organizations._accounts[account] = _member(name, account)

    return ensured


def _member(name: str, account: str) -> dict:
    organization = organizations._orgs["self"]["Id"]
    return {
        "Id": account,
        "Arn": f"arn:aws:organizations::{HUB}:account/{organization}/{account}",
        "Email": f"{name}@example.com",
        "Name": name,
        "Status": "ACTIVE",
        "JoinedMethod": "INVITED",
        "JoinedTimestamp": int(time.time()),
        "Path": "/",
        "_ParentId": next(iter(organizations._roots)),
    }
