"""The endpoint table of the documentation, written from the registry. `python -m openmargin.api.docs` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from itertools import groupby
from typing import Final

from openmargin.api.auth import SIGNING_PARAMS
from openmargin.api.endpoint import Endpoint, Security, Weight
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import Dialect, WireError
from openmargin.api.params import Field, Param, fields_of
from openmargin.api.refusals import EVERYWHERE, request_refusals, rule_refusals
from openmargin.api.unserved import UNSERVED

_INTRODUCTION: Final = """# Endpoints

Written from the registry by `python -m openmargin.api.docs`; do not edit.

Weights are counted in minutes of the host's clock. On `/sapi` every endpoint has a budget of its own: 12,000 a minute
for each IP address, or 180,000 for each account where the weight is a UID weight. All endpoints on `/api` share 6,000
a minute for each IP address, and 300,000 requests of any weight in five minutes (by Binance's changelog of 2026-03-27;
its page of enumerations still shows the 61,000 of before); who goes on asking after 429 is
[banned](venue.md#requests) with 418. Placing and cancelling on `/api` weighs nothing once it has succeeded, as on Binance
since April 2026; until then, and if it is refused, it weighs what the table says. An amendment always does: none ends an
order here. Unknown parameters are tolerated on `/sapi` and refused with -1104 on `/api`.

Below each endpoint stand the codes that it refuses with; [Errors](errors.md) has all texts. Any endpoint may also answer
{everywhere}. A refusal changes nothing, but after -1007 the request may have been
carried out.

Signed endpoints (USER_DATA, TRADE, MARGIN) also take:
"""

_LEGACY: Final = (
    "Binance has removed it, and clients still call it. The same as `{successor}`, under its older name."
)


def endpoint_table(endpoints: Iterable[Endpoint] = ENDPOINTS) -> str:
    """The whole page, in markdown."""
    rows = sorted(
        endpoints, key=lambda endpoint: (endpoint.dialect is Dialect.SAPI, endpoint.path, endpoint.method)
    )
    introduction = _INTRODUCTION.format(everywhere=_codes(EVERYWHERE))
    lines = [introduction, *(_parameter(param, False, None) for param in SIGNING_PARAMS), ""]
    lines += ["| endpoint | what it does | security | weight |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | {_title(row)} | {_security(row)} | {weight_words(row)} |" for row in rows]
    for path, group in groupby(rows, key=lambda endpoint: endpoint.path):
        lines += ["", f"## {path}"]
        for row in group:
            lines += ["", f"### {row.method}: {row.title}", ""]
            if row.successor:
                lines += [f"Legacy: {_LEGACY.format(successor=row.successor)}", ""]
            lines += [_field(field) for field in fields_of(row.params)] or ["No parameters."]
            lines += _refusals(row)
    lines += ["", "## Not served", "", "| request | answered with -1020 |", "|---|---|"]
    lines += [f"| `{row.http}` | {row.error.message} |" for row in UNSERVED]
    return "\n".join(lines) + "\n"


def _title(row: Endpoint) -> str:
    return f"{row.title} (legacy)" if row.successor else row.title


def _security(row: Endpoint) -> str:
    if row.security is Security.NONE or row.permission is None:
        return row.security.value
    return f"{row.security.value} (key permission {row.permission.name})"


def weight_words(row: Endpoint) -> str:
    text = _plain_weight(row.weight)
    if row.requests_per_minute is not None:
        text += f"; at most {row.requests_per_minute} requests a minute for each IP address"
    return text


def _plain_weight(weight: Weight) -> str:
    text = f"{weight.value} ({weight.payer.value})"
    if weight.is_given_back:
        text += "; 0 where it succeeds"
    if weight.heavier is None:
        return text
    return f"{text}; {weight.heavier.words()}"


def _refusals(row: Endpoint) -> list[str]:
    """The codes of the request itself in one line, those of the rules with their texts in another."""
    lines: list[str] = []
    asked = _codes(request_refusals(row))
    if asked:
        lines += ["", f"Bad requests: {asked}."]
    texts: dict[int, dict[str, None]] = {}
    for error in rule_refusals(row):
        texts.setdefault(error.code, {})[f"`{error.message}`"] = None
    if texts:
        rules = (f"{code} {', '.join(texts[code])}" for code in sorted(texts, reverse=True))
        lines += ["", f"By the rules: {'; '.join(rules)}."]
    return lines


def _codes(refusals: Iterable[WireError]) -> str:
    return ", ".join(str(code) for code in sorted({error.code for error in refusals}, reverse=True))


def _field(field: Field) -> str:
    return _parameter(field.param, field.required, field.default)


def _parameter(param: Param, required: bool, default: object) -> str:
    text = f"- `{param.name}` {param.kind}"
    if required:
        text += ", mandatory"
    if param.values:
        text += ": " + ", ".join(param.values)
    if _is_worth_saying(default):
        text += f"; default {_word(default)}"
    if param.maximum is not None:
        text += f"; at most {param.maximum}"
    return f"{text}. {param.about}".rstrip() if param.about else text + "."


def _is_worth_saying(default: object) -> bool:
    return isinstance(default, bool) or default not in (None, "", 0)


def _word(default: object) -> str:
    if isinstance(default, bool):
        return str(default).upper()
    return default.name if isinstance(default, IntEnum) else str(default)


if __name__ == "__main__":
    print(endpoint_table(), end="")
