"""The workflows of the first user."""

import pytest

from tests.features.harness.api import Api
from tests.features.workflows.flows import Flows


@pytest.fixture
def flows(api: Api) -> Flows:
    """What the first user does with workflows."""
    return Flows(api)
