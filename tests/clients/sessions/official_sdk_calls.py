"""Calls of the official SDK, each in a process of its own, which has not relaxed any model yet.

Runs in the SDK's own environment, and reads one call a line: address, key, secret, method and parameters as a JSON array.
Answers a line for each: which endpoint was asked, the answer as it came over the wire, and every warning that the SDK
logged; or what it raised. A call is made by a fork of this process, which itself has only imported the SDK.
"""

import inspect
import json
import logging
import os
import sys
import traceback
from enum import Enum
from typing import get_args
from urllib.parse import urlsplit

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_margin_trading.margin_trading import MarginTrading

send = requests.Session.send


class Collector(logging.Handler):
    def __init__(self, warnings):
        super().__init__(level=logging.WARNING)
        self.warnings = warnings

    def emit(self, record):
        self.warnings.append(record.getMessage())


def as_declared(declared, value):
    """A word becomes the member of the enum that the SDK asks for."""
    for kind in get_args(declared.annotation):
        if inspect.isclass(kind) and issubclass(kind, Enum):
            return kind(value)
    return value


def call(address, key, secret, method, parameters):
    warnings, asked, received = [], [], []
    logging.getLogger().addHandler(Collector(warnings))

    def recording(self, request, **options):
        asked.append(f"{request.method} {urlsplit(request.url).path}")
        response = send(self, request, **options)
        received.append(response.text)
        return response

    requests.Session.send = recording
    configuration = ConfigurationRestAPI(
        api_key=key, api_secret=secret, base_path=address, retries=0, timeout=10000
    )
    function = getattr(MarginTrading(config_rest_api=configuration).rest_api, method)
    declared = inspect.signature(function).parameters
    function(**{name: as_declared(declared[name], value) for name, value in parameters.items()}).data()
    return {"endpoint": asked[-1], "answer": json.loads(received[-1]), "warnings": warnings}


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            heard = call(*json.loads(line))
        except Exception:
            heard = {"raised": traceback.format_exc()}
        print(json.dumps(heard), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status != 0:
        print(json.dumps({"raised": f"the process ended with status {status}"}), flush=True)
