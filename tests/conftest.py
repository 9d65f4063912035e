"""What every test stands on: the hypothesis profiles, the seed, and the build under test."""

import os
import random

import pytest
from hypothesis import HealthCheck, settings

# A slow machine must not turn a right answer into a failure, so no profile has a deadline.
settings.register_profile("dev", max_examples=50, deadline=None, print_blob=True)
settings.register_profile(
    "ci", max_examples=200, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "nightly", max_examples=1000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
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
