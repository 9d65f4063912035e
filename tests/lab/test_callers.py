"""Programs may use the lab, and pages of this machine; a page that a browser happens to show may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from openmargin.lab.callers import means_this_machine
from tests.lab.bench import Served, served


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch, served(patch, tmp_path_factory.mktemp("home")) as one:
        yield one


def create(one: Served, **headers: str) -> httpx.Response:
    """Ask for what changes something; nobody may be refused after it was done."""
    before = len(one.exchange.live.account_ids())
    answer = one.run(one.client.post("/lab/accounts", json={"name": "ann"}, headers=headers))
    assert len(one.exchange.live.account_ids()) == before + (answer.status_code == 200)
    return answer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:8787"},
        {"Host": "LOCALHOST"},
        {"Host": "[::1]:8787"},
        {"Host": "127.0.0.1:8787", "Origin": "http://127.0.0.1:8787"},
        {"Host": "lab.localhost", "Origin": "https://lab.localhost"},
    ],
)
def test_programs_and_pages_of_this_machine_are_served(shared: Served, headers: dict[str, str]) -> None:
    assert create(shared, **headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Host": "127.0.0.1:8787", "Origin": "http://127.0.0.1.example.com:8787"},
        {"Host": "example.com"},
        {"Host": "127.0.0.1.example.com:8787"},
        {"Host": "example.com:8787", "Origin": "http://example.com:8787"},
        {"Host": "192.168.0.7:8787"},
        {"Host": ""},
        {"Host": "[::1"},
    ],
)
def test_foreign_pages_and_names_are_refused(shared: Served, headers: dict[str, str]) -> None:
    answer = create(shared, **headers)
    assert answer.status_code == 403
    assert set(answer.json()) == {"error", "hint"}


def test_two_hosts_or_origins_are_nobodys(shared: Served) -> None:
    for name, value in (("Host", "localhost"), ("Origin", "http://127.0.0.1")):
        headers = [("Host", "127.0.0.1"), ("Origin", "http://127.0.0.1"), (name, value)]
        answer = shared.run(shared.client.get("/lab/health", headers=headers))
        assert answer.status_code == 403, headers


@pytest.mark.parametrize(
    ("hosts", "headers", "status"),
    [
        (("lab.example",), {"Host": "Lab.Example:8787"}, 200),
        (("lab.example",), {"Origin": "https://lab.example"}, 200),
        (("lab.example",), {"Origin": "https://other.example"}, 403),
        (("*",), {"Host": "other.example", "Origin": "https://third.example"}, 200),
    ],
)
def test_names_that_the_operator_lets_in(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    hosts: tuple[str, ...],
    headers: dict[str, str],
    status: int,
) -> None:
    with served(monkeypatch, tmp_path, lab_hosts=hosts) as one:
        assert create(one, **headers).status_code == status


def test_where_others_may_connect_any_name_will_do_but_no_foreign_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with served(monkeypatch, tmp_path, host="0.0.0.0") as one:
        assert create(one, Host="exchange:8787").status_code == 200
        assert create(one, Host="exchange:8787", Origin="http://example.com").status_code == 403


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.", True),
        ("0.0.0.0", False),
        ("localhost.example", False),
    ],
)
def test_names_of_this_machine(name: str, means: bool) -> None:
    assert means_this_machine(name) is means
