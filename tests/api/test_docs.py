"""The documentation says what the registry says."""

from __future__ import annotations

from pathlib import Path

from openmargin.api.docs import endpoint_table
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import Dialect
from openmargin.api.ws.docs import method_page
from openmargin.api.ws.methods import METHODS

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"


def test_the_endpoint_page_is_current() -> None:
    assert PAGE.read_text() == endpoint_table(), "run: python -m openmargin.api.docs > docs/endpoints.md"


def test_every_endpoint_has_a_row() -> None:
    page = PAGE.read_text()
    missing = [endpoint.name for endpoint in ENDPOINTS if f"| `{endpoint.name}` |" not in page]
    assert missing == []


def test_the_page_of_the_websocket_api_is_current() -> None:
    page = PAGE.with_name("websocket-api.md").read_text()
    assert page == method_page(), "run: python -m openmargin.api.ws.docs > docs/websocket-api.md"


def test_every_spot_endpoint_has_a_method_or_a_reason_to_have_none() -> None:
    spot = {row.name for row in ENDPOINTS if row.dialect is Dialect.SPOT}
    assert spot == {row.name for row in METHODS.values() if row.path.startswith("/")}, (
        "give it a name in openmargin/api/ws/methods.py"
    )
