"""One call of the official SDK in an interpreter of its own, which has not relaxed any model yet.

Runs in the SDK's own environment: ADDRESS KEY SECRET METHOD PARAMETERS, the last as JSON. Prints the answer as it came
over the wire, and every warning that the SDK logged.
"""

import inspect
import json
import logging
import sys
from enum import Enum
from typing import get_args

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_margin_trading.margin_trading import MarginTrading

address, key, secret, method, sent = sys.argv[1:]
warnings: list[str] = []
received: list[str] = []


class Collector(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warnings.append(record.getMessage())


logging.getLogger().addHandler(Collector(level=logging.WARNING))

send = requests.Session.send


def recording(self, request, **options):
    response = send(self, request, **options)
    received.append(response.text)
    return response


requests.Session.send = recording

client = MarginTrading(
    config_rest_api=ConfigurationRestAPI(
        api_key=key, api_secret=secret, base_path=address, retries=0, timeout=10000
    )
).rest_api
call = getattr(client, method)
declared = inspect.signature(call).parameters


def as_declared(name, value):
    """A word becomes the member of the enum that the SDK asks for."""
    for kind in get_args(declared[name].annotation):
        if inspect.isclass(kind) and issubclass(kind, Enum):
            return kind(value)
    return value


call(**{name: as_declared(name, value) for name, value in json.loads(sent).items()}).data()
print(json.dumps({"answer": json.loads(received[-1]), "warnings": warnings}))
