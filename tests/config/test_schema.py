"""The page about the configuration file says everything that the file may say."""

from msgspec import structs

from openmargin.config import Settings
from openmargin.config.schema import venue_schema_markdown
from openmargin.domain import venue
from tests.guards.repository import ROOT


def test_every_key_has_its_row() -> None:
    page = venue_schema_markdown()
    kinds = [
        kind for kind in vars(venue).values() if isinstance(kind, type) and kind.__module__ == venue.__name__
    ]
    for kind in (*kinds, Settings):
        for field in structs.fields(kind):
            assert f"| `{field.name}` |" in page, f"{kind.__name__}.{field.name} is not in the page"


def test_the_kept_page_is_the_generated_one() -> None:
    kept = (ROOT / "docs" / "venue.md").read_text()
    assert kept == venue_schema_markdown() + "\n", (
        "write docs/venue.md anew: openmargin venue schema > docs/venue.md"
    )
