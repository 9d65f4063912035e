"""As much of curl as the pages use, for machines that have none, and the same on all of them.

An option that is not here is refused, so a page cannot lean on something that no test has sent.
"""

from __future__ import annotations

import argparse
import http.client
import sys
from pathlib import Path
from urllib.parse import quote_plus, urlsplit


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False, add_help=False)
    parser.add_argument("url")
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-G", "--get", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data", action="append", default=[], dest="data")
    parser.add_argument("--data-urlencode", action="append", default=[], dest="data", type=encoded)
    parser.add_argument("--data-binary", type=content_of, help="@ and the name of a file")
    parser.add_argument("-o", "--output")
    parser.add_argument("-w", "--write-out", default="")
    return parser.parse_args()


def content_of(text: str) -> bytes:
    assert text.startswith("@"), f"{text}: only files are sent like this"
    return Path(text[1:]).read_bytes()


def encoded(text: str) -> str:
    name, _, value = text.partition("=")
    return f"{name}={quote_plus(value)}"


def main() -> None:
    asked = arguments()
    parts = urlsplit(asked.url)
    assert parts.scheme == "http", f"{asked.url}: the exchange speaks http"
    data = "&".join(asked.data)
    query = "&".join(part for part in (parts.query, data if asked.get else "") if part)
    target = (parts.path or "/") + (f"?{query}" if query else "")
    headers = {
        name.strip(): value.strip() for name, _, value in (line.partition(":") for line in asked.header)
    }
    body = data.encode() if asked.data and not asked.get else asked.data_binary
    if body is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request(asked.request or ("POST" if body is not None else "GET"), target, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if asked.output:
        Path(asked.output).write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
    words = asked.write_out.replace("\\n", "\n").replace("%{http_code}", str(answer.status))
    assert "%{" not in words, f"not known: {words}"
    sys.stdout.buffer.write(words.encode())


main()
