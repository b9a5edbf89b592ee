"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes depends on what else the computer does: times are measured by benches.
settings.register_profile("mortar", deadline=None)
settings.load_profile("mortar")
