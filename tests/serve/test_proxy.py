"""HTTPS of one's own: `serve --tls`, and the proxy that stands in for the real exchange and reaches nothing else."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import stat
from pathlib import Path

import pytest

from openmargin.cli.proxy import proxy
from openmargin.server.certificates import EXCHANGE_HOSTS, load_or_create_authority, server_context
from tests.serve.process import proxying, run, serving


def through(port: int, authority: Path, host: str, host_port: int = 443) -> http.client.HTTPSConnection:
    connection = http.client.HTTPSConnection(
        "127.0.0.1", port, context=ssl.create_default_context(cafile=str(authority)), timeout=20
    )
    connection.set_tunnel(host, host_port)
    return connection


def test_hosts_of_the_exchange_are_answered_here_and_others_refused(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--data", ":memory:") as server,
        proxying(tmp_path, server.address) as (port, authority),
    ):
        for host, host_port in (("api.binance.com", 443), ("stream.binance.com", 9443)):
            connection = through(port, authority, host, host_port)
            for _ in range(2):  # A connection stays open between requests.
                connection.request("GET", "/api/v3/exchangeInfo?symbol=BTCUSDT")
                answer = connection.getresponse()
                assert answer.status == 200
                assert json.loads(answer.read())["symbols"][0]["symbol"] == "BTCUSDT"
            connection.close()
        for host in ("example.com", "fapi.binance.com", "api.binance.com.example.com", "127.0.0.1", ""):
            with pytest.raises(OSError, match="403 Not A Host Of The Exchange"):
                through(port, authority, host or "[]").request("GET", "/")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"GET http://api.binance.com/api/v3/ping HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 "),
        (b"CONNECT\r\n\r\n", b"HTTP/1.1 405 "),
        (b"CONNECT api.binance.com HTTP/1.1\r\n\r\n", b"HTTP/1.1 403 "),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", b"HTTP/1.1 405 "),
        (b"CONNECT " + b"a" * 40_000, b""),
    ],
)
def test_what_is_no_request_for_a_tunnel_is_refused(tmp_path: Path, sent: bytes, answered: bytes) -> None:
    with (
        proxying(tmp_path, "http://127.0.0.1:1") as (port, _),
        socket.create_connection(("127.0.0.1", port), timeout=20) as connection,
    ):
        connection.sendall(sent)
        assert connection.recv(200).startswith(answered)


def test_an_exchange_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with (
        proxying(tmp_path, "http://127.0.0.1:1") as (port, authority),
        pytest.raises(OSError, match="502 The Local Exchange Does Not Answer"),
    ):
        through(port, authority, "api.binance.com").request("GET", "/")


def test_the_exchange_itself_may_answer_https(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--tls") as server:
        authority = tmp_path / "config" / "openmargin" / "authority.pem"
        assert server.address.startswith("https://127.0.0.1:")
        assert f"trust      {authority}" in server.words
        port = int(server.address.rpartition(":")[2])
        context = ssl.create_default_context(cafile=str(authority))
        for name in ("127.0.0.1", "localhost", *EXCHANGE_HOSTS):
            with (
                socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
                context.wrap_socket(plain, server_hostname=name) as secure,
            ):
                secure.sendall(b"GET /api/v3/ping HTTP/1.1\r\nhost: there\r\nconnection: close\r\n\r\n")
                assert secure.recv(1000).startswith(b"HTTP/1.1 200")
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(plain, server_hostname="fapi.binance.com")


def test_the_authority_is_kept_and_its_key_is_nobody_elses(tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    first = load_or_create_authority(env)
    again = load_or_create_authority(env)
    assert first.certificate == again.certificate
    assert stat.S_IMODE((tmp_path / "openmargin" / "authority.key").stat().st_mode) == 0o600
    assert sorted(file.name for file in (tmp_path / "openmargin").iterdir()) == [
        "authority.key",
        "authority.pem",
    ]
    server_context(again, "192.0.2.7")


def test_an_authority_that_cannot_be_read_ends_the_start_in_one_line(tmp_path: Path) -> None:
    directory = tmp_path / "config" / "openmargin"
    directory.mkdir(parents=True)
    (directory / "authority.pem").write_text("no certificate")
    (directory / "authority.key").write_text("no key")
    for command in (("proxy", "--port", "0"), ("serve", "--port", "0", "--data", ":memory:", "--tls")):
        ended = run(tmp_path, *command)
        assert ended.returncode == 1
        assert ended.stderr.startswith("openmargin: the certificate authority in ")
        assert ended.stderr.count("\n") == 1
        assert "for a new one" in ended.stderr


def test_a_proxy_that_others_could_use_is_refused(tmp_path: Path) -> None:
    ended = run(tmp_path, "proxy", "--port", "0", "--host", "0.0.0.0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "can be reached from other machines" in ended.stderr
    ended = run(tmp_path, "proxy", "--exchange", "https://api.binance.com")
    assert "is no address such as" in ended.stderr


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("api.binance.com", "is the real exchange, and nothing is ever forwarded to it"),
        ("API1.BINANCE.COM.:80", "is the real exchange, and nothing is ever forwarded to it"),
        ("testnet.binance.vision", "is the real exchange, and nothing is ever forwarded to it"),
        ("127.0.0.1:99999", "is no address such as"),
    ],
)
def test_the_real_exchange_is_no_local_one(capsys: pytest.CaptureFixture[str], host: str, why: str) -> None:
    with pytest.raises(SystemExit) as ended:
        proxy(port=0, host="an address to listen on is asked for later", exchange=f"http://{host}")
    assert ended.value.code == 1
    assert why in capsys.readouterr().err
