"""The documentation says what the registry says."""

from __future__ import annotations

from pathlib import Path

from openmargin.api.docs import endpoint_table
from openmargin.api.endpoints import ENDPOINTS

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"


def test_the_endpoint_page_is_current() -> None:
    assert PAGE.read_text() == endpoint_table(), "run: python -m openmargin.api.docs > docs/endpoints.md"


def test_every_endpoint_has_a_row() -> None:
    page = PAGE.read_text()
    missing = [endpoint.name for endpoint in ENDPOINTS if f"| `{endpoint.name}` |" not in page]
    assert missing == []
