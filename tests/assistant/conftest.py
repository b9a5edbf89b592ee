"""What most tests of the conversation begin with."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from mortar.assistant.conversation import Conversation
from mortar.store.database import FILE
from reminders.boards import Board
from talks import ListPort, conversation


@pytest.fixture
def port() -> ListPort:
    return ListPort()


@pytest.fixture
def talk(port: ListPort) -> Conversation:
    return conversation(port)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """Nine in the morning of Saturday, 21 November 2026."""
    return Board(tmp_path / FILE, datetime(2026, 11, 21, 9, 0))
