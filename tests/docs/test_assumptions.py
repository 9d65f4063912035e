"""The register of what is assumed: every row of it is there, and behind a key that exists, with its default."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from openmargin.config import load_venue
from openmargin.config.toml_struct import write
from openmargin.domain.venue import Venue
from tests.docs.snippets import ROOT

PAGE = (ROOT / "docs" / "assumptions.md").read_text()
ROWS: list[tuple[str, str, str]] = re.findall(
    r"^\|(?: (A\d+b?) \|)? .+ \| `([\w.]+)` \|(.*)\|$", PAGE, re.MULTILINE
)


def test_the_register_is_whole() -> None:
    ids = {row[0] for row in ROWS}
    assert {f"A{number}" for number in range(1, 20)} <= ids
    lines = [line for line in PAGE.splitlines() if re.match(r"\| (A\d|[A-Z])", line)]
    assert len(lines) == len(ROWS), "every row of the page names one key"


@pytest.mark.parametrize(
    ("key", "said"), [row[1:] for row in ROWS], ids=[f"{row[0]} {row[1]}" for row in ROWS]
)
def test_a_row_names_a_key_and_its_default(key: str, said: str) -> None:
    kind: Any = Venue
    value: Any = write(load_venue())
    for name in key.split("."):
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        assert name in fields, f"docs/assumptions.md: {kind.__name__} has no {name}"
        kind = getattr(fields[name].type, "__origin__", fields[name].type)
        value = value[name]
    found = str(value).lower() if isinstance(value, bool) else str(value)
    assert found == said.strip(), f"docs/assumptions.md: {key} is {found}"


def test_every_assumption_of_the_schema_is_in_the_register() -> None:
    schema = (ROOT / "docs" / "venue.md").read_text()
    named = set(re.findall(r"\((A\d+b?)\)", schema))
    assert named <= {row[0] for row in ROWS}
