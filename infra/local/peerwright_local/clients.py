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
        self._made: dict[tuple[str, str, str, int], object] = {}

    def client(self, service: str, account: str, region: str, attempts: int = 1):
        """With several attempts, what AWS throttles is tried again with growing pauses. Most callers want to see each error."""
        key = (service, account, region, attempts)
        if key not in self._made:
            self._made[key] = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self._endpoints.get(service, self._endpoint),
                aws_access_key_id=account,
                aws_secret_access_key="local",
                # Buckets have no host names of their own here.
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": attempts}, s3={"addressing_style": "path"}
                ),
            )
        return self._made[key]
