"""The table's rows at the end: what was asked for and done in the acts, and how it stands now."""


def rows(made: list[dict], network: dict) -> list[dict]:
    shown = {connection["id"]: connection for connection in network["connections"]}
    return [_row(row, shown[row["id"]]) for row in made]


def _row(row: dict, shown: dict) -> dict:
    """Of a connection that has ended nothing is wanted any more."""
    now = {**row, "state": shown["state"], "held": shown["held"], "ended": shown["ended"]}
    for kind in ("routes", "rules"):
        now[kind] = [shown[kind], 0 if shown["ended"] else row[kind][1]]
    if shown["ended"]:
        now["dns"] = "off"
    return now
