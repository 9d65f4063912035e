"""Each fault of the wire through a real client: what it hears, what came of its order, and what is lost: nothing."""

import json
import signal
from pathlib import Path

import pytest

from openmargin.runtime.verify import verify
from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "ccxt_faults.py").read_text()
STREAMS = (Path(__file__).parent / "sessions" / "official_sdk_stream_faults.py").read_text()


def test_ccxt_lives_through_every_fault(tmp_path: Path) -> None:
    directory = tmp_path / "exchange"
    with serving(tmp_path, "--data", str(directory)) as server:
        done = run_client("ccxt", SESSION, server.address, *development_key(server))
        assert done.returncode == 0, done.stderr
        assert server.stop(signal.SIGTERM) == 0
    seen = json.loads(done.stdout)
    expected = {
        "error": "OperationFailed -1006",
        "timeout": "RequestTimeout -1007",
        "drop": "NetworkError",
        "half-close": "NetworkError",
        "restart": "NetworkError",
    }
    for fault, error in expected.items():
        for executed in (False, True):
            assert seen[f"{fault}-{executed}"] == [error, executed]
    assert (seen["pending"], seen["no-inventory"]) == ("ExchangeError -3007", "ExchangeError -3045")
    assert (seen["too-many-requests"], seen["ban"]) == ("DDoSProtection -1003", "DDoSProtection -1003")
    assert seen["latency"] is True
    assert len(seen["acknowledged"]) == 7
    assert seen["lost"] == []
    # A restart forgets the rules, and what they did; the log does not.
    assert seen["faults"] == ["pending", "no-inventory", "too-many-requests", "ban", "latency"]
    logged = [json.loads(line)["fault"] for line in (directory / "lab.log").read_text().splitlines()]
    assert logged == [fault for fault in expected for _ in range(2)] + seen["faults"]
    assert verify(directory).problems == ()


def test_the_sdk_hears_twice_and_late_that_its_listen_key_has_ended_and_that_its_stream_broke(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "exchange"
    with serving(tmp_path, "--data", str(directory)) as server:
        done = run_client("binance-sdk-margin", STREAMS, server.address, *development_key(server))
        assert done.returncode == 0, done.stderr
        assert server.stop(signal.SIGTERM) == 0
    seen = json.loads(done.stdout)
    assert seen["heard"][::2] == seen["heard"][1::2]
    assert seen["heard"][-1] == "ListenKeyExpired"
    assert {"BalanceUpdate", "OutboundAccountPosition"} <= set(seen["heard"])
    assert seen["late"] >= 0.5
    assert (seen["missed"], len(seen["after"]) > 0) == ([], True)
    assert verify(directory).problems == ()
