"""The scripts that hold the local AWS and the engine's fake of EC2 against each other.

The other half is `shared/testkit/tests/scripts`.
"""

import math
import time
from types import SimpleNamespace

import pytest
from script_player import Player, scripts

from peerwright_local import settings

# The buckets are full again, whatever other tests have taken.
HOUR = 3600


@pytest.fixture
def still_world(world, monkeypatch):
    """Time passes only when a script says so, in whole seconds, as in the fake."""
    now = time.time()
    monkeypatch.setattr(settings, "time", SimpleNamespace(time=lambda: now))
    whole = math.ceil(world.settings.now()) - world.settings.now()
    world.settings.advance(whole)
    world.settings.advance(HOUR)
    return world


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script["name"])
def test_script(still_world, script):
    Player(still_world, script).play()
