"""The schedule of the hub's sweeps. It is off unless a test turns it on, because most tests would count its sweeps."""

from collections.abc import Iterator
from contextlib import contextmanager

from world import World

NAME, SECONDS = "peerwright-sweep", 20 * 60
_KEPT = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target", "Description")


def switch(world: World, state: str) -> None:
    scheduler = world.aws.client("scheduler", world.aws.hub)
    deployed = scheduler.get_schedule(Name=NAME)
    scheduler.update_schedule(**{key: deployed[key] for key in _KEPT}, State=state)


def sent(world: World) -> int:
    """How many sweeps the schedule has started so far."""
    return world.aws.schedule_sent(NAME)


@contextmanager
def on(world: World) -> Iterator[None]:
    """Turns the schedule on for a while. If it is overdue, it sends at once."""
    switch(world, "ENABLED")
    try:
        yield
    finally:
        switch(world, "DISABLED")
