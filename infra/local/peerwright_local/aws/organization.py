"""The organization: the hub manages it, the member accounts joined it long ago, and the stranger is outside."""

import time

from ministack.core.responses import get_account_id
from ministack.services import organizations

from peerwright_local.patch import wrap
from peerwright_local.state import ACCOUNTS, HUB, MEMBERS


def install() -> None:
    wrap(organizations, _ensure_org=_with_members)


def _with_members(ensure):
    def ensured():
        ensure()
        if get_account_id() == HUB and MEMBERS[0] not in organizations._accounts:
            for name, account in ACCOUNTS.items():
                if account in MEMBERS:
                    organizations._accounts[account] = _member(name, account)

    return ensured


def _member(name: str, account: str) -> dict:
    beside, _, _ = organizations._orgs["self"]["MasterAccountArn"].rpartition("/")
    return {
        "Id": account,
        "Arn": f"{beside}/{account}",
        "Email": f"{name}@example.com",
        "Name": name,
        "Status": "ACTIVE",
        "JoinedMethod": "INVITED",
        "JoinedTimestamp": int(time.time()),
        "Path": "/",
        "_ParentId": next(iter(organizations._roots)),
    }
