"""A certificate authority of the user's own, and certificates for this machine and for the exchange's known hosts.

Owns: which host names the exchange may stand in for. A client that is given the authority's certificate, and no other,
can be talked to by nobody else.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from openmargin.runtime.clock import WallClock
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.secrets import default_master_key_path

EXCHANGE_HOSTS: Final = (
    "api.binance.com",
    "api-gcp.binance.com",
    "api1.binance.com",
    "api2.binance.com",
    "api3.binance.com",
    "api4.binance.com",
    "data-api.binance.vision",
    "stream.binance.com",
    "data-stream.binance.vision",
    "margin-stream.binance.com",
    "ws-api.binance.com",
)
"""Hosts of spot and margin, REST and streams: what bots with fixed addresses call."""
EXCHANGE_DOMAINS: Final = ("binance.com", "binance.vision")
"""Where they end, like every other host of the real exchange."""

_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_AUTHORITY_DAYS: Final = 3650
_LEAF_DAYS: Final = 397
"""The longest that clients accept of a certificate."""


class Authority(Struct, frozen=True):
    """A key that signs certificates, and the certificate that clients trust it by."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    path: Path
    """Where clients find the certificate, as PEM."""


def load_or_create_authority(env: Mapping[str, str]) -> Authority:
    """The user's authority, made where it is missing or has expired, beside the server's key. Raises StartRefused."""
    directory = default_master_key_path(env).parent
    path, key_path = directory / "authority.pem", directory / "authority.key"
    try:
        if not path.exists() or not key_path.exists() or _has_expired(path):
            _create(path, key_path)
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        key = load_pem_private_key(key_path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        mend = f"remove {path} and {key_path} for a new one"
        raise StartRefused(
            f"the certificate authority in {directory} cannot be used: {error}; {mend}"
        ) from error
    assert isinstance(key, ec.EllipticCurvePrivateKey), "this program made it"
    return Authority(certificate, key, path)


def server_context(authority: Authority, host: str) -> ssl.SSLContext:
    """What a server at `host` proves itself with, also where a client calls it by a name of the exchange."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = dict.fromkeys((host, *_LOCAL_NAMES, *EXCHANGE_HOSTS))
    leaf = (
        _builder("OpenMargin", authority.certificate.subject, key, _LEAF_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_identifier(authority.key), critical=False)
        .sign(authority.key, SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    with TemporaryDirectory() as directory:  # `ssl` reads keys from files alone; this one is gone at once.
        file = Path(directory) / "leaf.pem"
        _write_private(file, _key_pem(key) + leaf.public_bytes(Encoding.PEM))
        context.load_cert_chain(file)
    return context


def _now() -> datetime:
    return datetime.fromtimestamp(WallClock().host_ms() / 1000, UTC)


def _has_expired(path: Path) -> bool:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc <= _now()


def _create(path: Path, key_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("OpenMargin local authority")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder("OpenMargin local authority", name, key, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(key_path, _key_pem(key))
    path.write_bytes(certificate.public_bytes(Encoding.PEM))


def _builder(
    common_name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = _now()
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _identifier(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody else may ever read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
