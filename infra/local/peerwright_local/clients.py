"""SDK clients of the local AWS, where a 12-digit access key id is that account."""

import botocore.session
from botocore.config import Config


class Clients:
    """Makes one client for each service, account and Region."""

    def __init__(self, endpoint: str, endpoints: dict[str, str] | None = None):
        """`endpoints` has the services that are not served at `endpoint`."""
        self._endpoint = endpoint
        self._endpoints = endpoints or {}
        self._session = botocore.session.Session()
        self._made: dict[tuple[str, str, str], object] = {}

    def client(self, service: str, account: str, region: str):
        key = (service, account, region)
        if key not in self._made:
            self._made[key] = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self._endpoints.get(service, self._endpoint),
                aws_access_key_id=account,
                aws_secret_access_key="local",
                # Callers want to see each error. Buckets have no host names of their own here.
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._made[key]
