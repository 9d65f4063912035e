"""As much of openssl as the pages use. It stands in on a machine that has none of version 3 or newer."""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


def private_key(path: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(Path(path).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def main() -> None:
    parser = argparse.ArgumentParser(prog="openssl", allow_abbrev=False, prefix_chars="-")
    words = parser.add_subparsers(dest="word", required=True)
    digest = words.add_parser("dgst")
    digest.add_argument("-sha256", action="store_true", required=True)
    digest.add_argument("-hmac", required=True)
    generate = words.add_parser("genpkey")
    generate.add_argument("-algorithm", choices=["ed25519"], required=True)
    generate.add_argument("-out", required=True)
    public = words.add_parser("pkey")
    public.add_argument("-in", dest="path", required=True)
    public.add_argument("-pubout", action="store_true", required=True)
    sign = words.add_parser("pkeyutl")
    sign.add_argument("-sign", action="store_true", required=True)
    sign.add_argument("-rawin", action="store_true", required=True)
    sign.add_argument("-inkey", required=True)
    sign.add_argument("-in", dest="path", required=True)
    text = words.add_parser("base64")
    text.add_argument("-A", action="store_true", required=True)
    asked = parser.parse_args()

    out = sys.stdout.buffer
    if asked.word == "dgst":
        signature = hmac.new(asked.hmac.encode(), sys.stdin.buffer.read(), hashlib.sha256)
        out.write(f"SHA2-256(stdin)= {signature.hexdigest()}\n".encode())
    elif asked.word == "genpkey":
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        Path(asked.out).write_bytes(pem)
    elif asked.word == "pkey":
        out.write(
            private_key(asked.path).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
    elif asked.word == "pkeyutl":
        out.write(private_key(asked.inkey).sign(Path(asked.path).read_bytes()))
    else:
        out.write(base64.b64encode(sys.stdin.buffer.read()))


main()
