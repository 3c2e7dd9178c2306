"""The campaign that the tests of the API read."""

import pytest

from tests.api.situations import change, fill
from tests.pages import AuditingClient


@pytest.fixture
def reader(client: AuditingClient) -> AuditingClient:
    """Another system, and a campaign with something of everything to read."""
    change(client.application, fill)
    return client
