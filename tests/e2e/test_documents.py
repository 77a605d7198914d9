"""Every command in the README and the documents works, and prints what they show."""

import os
import re
import subprocess

import pytest
from actor import ALL_TABLES
from documents import ROOT, Reader, as_shown, blocks

FOLLOWED = ["docs/tutorial.md", "docs/graph.md", *sorted(f"docs/how-to/{path.name}" for path in (ROOT / "docs/how-to").glob("*.md"))]
EVERYWHERE = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md"))
# What a reader of the README puts in: ids of their own.
STANDING_FOR = {"vpc-0aaaaaaaaaaaaaaaa": "REQUESTER", "vpc-0123456789abcdef0": "ACCEPTER", "pcx-0123456789abcdef0": "CONNECTION"}


def follow(reader: Reader, document) -> None:
    """Runs the blocks of a document; with UPDATE_GOLDEN what they print is written beside them."""
    shown, found = document.read_text(), blocks(document)
    printed = {}
    for block, after in zip(found, [*found[1:], None], strict=True):
        if not block.is_for_here:
            continue
        out = as_shown(reader.run(block))
        if after is not None and after.kind == "text" and not shown[block.end : after.start].replace("```", "").replace("text", "").strip():
            printed[after] = out
    if os.environ.get("UPDATE_GOLDEN"):
        for block in sorted(printed, key=lambda block: block.start, reverse=True):
            shown = shown[: block.start] + printed[block] + shown[block.end :]
        document.write_text(shown)
        return
    for block, out in printed.items():
        assert out == block.text


@pytest.fixture
def ends(world):
    # What is shown of a command's output has no rules of other tests.
    world.withdraw_rules()
    yield world.vpc(world.a, "requester"), world.vpc(world.b, "accepter")
    world.withdraw_rules()


def connection_of(world, ends, **wanted) -> str:
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    return connection


@pytest.mark.parametrize("name", FOLLOWED)
def test_the_commands_of_a_document_work(world, ends, tmp_path, name):
    requester, accepter = ends
    variables = {"REQUESTER": requester.id, "ACCEPTER": accepter.id}
    if name.endswith("vendor.md"):
        stranger = world.vpc(world.stranger, "vendor", ["10.104.0.0/16"])
        variables["REQUEST"] = world.ask(stranger, accepter)
    if name.endswith("delegation.md"):
        # A delegate tries to write what is not theirs.
        world.denials.expect("peerwright-allowlist/payments", "dynamodb:PutItem")
    if name.endswith("from-terraform.md"):
        variables["CONNECTION"] = connection = world.ask(*ends)
        world.until(lambda: connection in world.between(accepter, requester))
        world.accept_by_hand(accepter, connection)
    if name.endswith("revocation.md"):
        variables["CONNECTION"] = connection_of(world, ends)
    follow(Reader(world, tmp_path, **variables), ROOT / name)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_commands_of_the_readme_work(world, ends, tmp_path, name):
    requester, accepter = ends
    connection = connection_of(world, ends)
    ids = {"REQUESTER": requester.id, "ACCEPTER": accepter.id, "CONNECTION": connection}

    def with_own_ids(text: str) -> str:
        for shown, variable in STANDING_FOR.items():
            text = text.replace(shown, ids[variable])
        return text

    readme = tmp_path / "README.md"
    text = with_own_ids((ROOT / name).read_text())
    # The question of `apply` is for a person at a terminal.
    readme.write_text(re.sub(r"^(peerwright allowlist apply[^#\n]*?) +#", r"\1 --yes #", text, flags=re.MULTILINE))
    rules = [block.text for block in blocks(ROOT / "README.md") if block.kind == "yaml"]
    (tmp_path / "allowlist.yaml").write_text(with_own_ids(rules[0]))
    # Doctor tries that nobody enters without the external id.
    world.denials.expect("peerwright-doctor", "AssumeRole")
    world.denials.expect("UnauthorizedOperation", "peerwright-member-read")
    try:
        follow(Reader(world, tmp_path), readme)
    finally:
        world.peerwright("thaw", "--all", "--reason", "the README was read")


@pytest.mark.parametrize("document", EVERYWHERE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_of_a_document_is_one_that_a_shell_can_read(document):
    for block in blocks(document):
        if block.kind == "sh":
            read = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
            assert read.returncode == 0, f"{block.text}\n{read.stderr}"
