"""Figures of the language models for `mortar status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mortar.runtimes.interfaces import Held


def memory_figures(held: Iterable[Held]) -> dict[str, float]:
    """Memory of each place and kind that there is, in MB: cpu_mapped_model_MB, vulkan0_context_MB ..."""
    sizes_bytes: Counter[str] = Counter()
    for one in held:
        place = one.place.lower()
        sizes_bytes[f"{place}_model_MB"] += one.model_bytes
        sizes_bytes[f"{place}_context_MB"] += one.context_bytes
        sizes_bytes[f"{place}_compute_MB"] += one.compute_bytes
    return {name: round(size / 2**20, 1) for name, size in sizes_bytes.items() if size}
