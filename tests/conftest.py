"""What every test stands on: the hypothesis profiles, the seed, and the build under test."""

import os
import random

import pytest
from hypothesis import HealthCheck, settings

# A slow machine must not turn a right answer into a failure, so no profile has a deadline.
for name, examples in {"dev": 50, "nightly": 1000}.items():
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "dev")
settings.load_profile(PROFILE)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Every run has a seed that can be said aloud; one given on the command line wins.
    if config.getoption("hypothesis_seed") is None:
        config.option.hypothesis_seed = os.environ.get("HYPOTHESIS_SEED") or str(
            random.SystemRandom().randrange(2**32)
        )


def pytest_report_header(config: pytest.Config) -> str:
    build = os.environ.get("OPENMARGIN_BUILD", "pure")
    return f"openmargin: build {build}, hypothesis profile {PROFILE}, --hypothesis-seed={config.option.hypothesis_seed}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the night what is the night's, unless it is asked for by `-m nightly`."""
    if PROFILE == "nightly" or "nightly" in config.option.markexpr:
        return
    left = [item for item in items if item.get_closest_marker("nightly")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]
