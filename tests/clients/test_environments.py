"""Each client's environment can be made and holds what its name promises."""

import pytest

from tests.clients.environments import (
    client_modules,
    client_python,
    clients,
    node_clients,
    run_client,
    run_node_client,
)

IMPORTS = {
    "binance-connector": "from binance.spot import Spot",
    "binance-sdk-margin": "import binance_sdk_margin_trading",
    "binance-sdk-spot": "import binance_sdk_spot",
    "ccxt": "import ccxt",
    "python-binance": "from binance.client import Client",
    "schemathesis": "import schemathesis",
}

NODE_IMPORTS = {
    "npm-binance": "import { MainClient } from 'binance'",
    "npm-ccxt": "import ccxt from 'ccxt'",
}

# The first run installs the clients, which takes longer than a test may.
pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]


def test_every_client_is_imported_here() -> None:
    assert set(IMPORTS) == set(clients()), "add the client's import line to IMPORTS"
    assert set(NODE_IMPORTS) == set(node_clients()), "add the client's import line to NODE_IMPORTS"


@pytest.mark.parametrize("name", sorted(IMPORTS))
def test_client_imports_in_its_own_environment(name: str) -> None:
    client_python(name)
    result = run_client(name, f"{IMPORTS[name]}; print('imported')")
    assert result.stdout.strip() == "imported", result.stderr


@pytest.mark.parametrize("name", node_clients())
def test_node_client_imports_in_its_own_folder(name: str) -> None:
    client_modules(name)
    result = run_node_client(name, f"{NODE_IMPORTS[name]}; console.log('imported')")
    assert result.stdout.strip() == "imported", result.stderr


def test_client_environments_are_made_once() -> None:
    assert client_python("ccxt") == client_python("ccxt")
