"""Art that needs no download."""

from __future__ import annotations

from cards.conftest import work as work
