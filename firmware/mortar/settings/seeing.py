"""The vision encoder, and watching."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from mortar.settings.section import Section

AUTO = "auto"


class Point(Section, frozen=True):
    """A way of looking, as it was measured on this board."""

    width_px: Annotated[int, Meta(ge=1)]
    height_px: Annotated[int, Meta(ge=1)]
    """What the vision encoder sees of a picture, or of a tile."""
    n_tok: Annotated[int, Meta(ge=1)]
    """Image tokens of each."""
    precision: str
    """Of the compiled form: f16, int8 ..."""
    tiles: bool
    """Whether large pictures are cut into tiles."""
    accuracy: float
    wait_ms: float
    memory_MB: float
    energy_mJ: float


class NpuBinding(StrEnum):
    LIBRKNNRT = "librknnrt"
    LITE = "rknn-toolkit-lite2"


class Eye(Section, frozen=True):
    unit: str = AUTO
    """Where the vision encoder runs: "auto" (the best that `mortar doctor` lists), or one of them, such as
    "tflite/cpu". The others follow it where it fails."""
    npu_binding: NpuBinding = NpuBinding.LIBRKNNRT
    """What drives Rockchip's NPU: "librknnrt" (its C library, which writes straight into the token ring), or
    "rknn-toolkit-lite2" (the makers' Python package)."""
    npu_cores: str = AUTO
    """NPU cores: "auto" (one that is idle), "0", "1", "0+1" or "all", and on RK3588 "2" or "0+1+2"; SoCs with
    one core know "auto" alone."""
    threads: Annotated[int, Meta(ge=1, le=16)] = 1
    """CPU threads of the vision encoder. Threads that wait for a busy core cost more than they save:
    raise this for large models on cores that nothing else uses."""
    delegate: str = ""
    """Path of a TensorFlow Lite delegate that runs full INT8 models on an NPU, the unit "tflite/npu": Mesa's
    libteflon.so, with the mainline kernel's driver. Empty: none."""
    tile_batch: Annotated[int, Meta(ge=0, le=64)] = 0
    """Most tiles of a large picture in one run of the vision encoder; 0: as many as the largest compiled form
    takes. `mortar tools tune tiles --write` measures what is fastest on this board."""
    points: list[Point] = msgspec.field(default_factory=list)
    """Ways of looking, the best first and each cheaper than the one before: as the battery gets low, Mortar
    moves along them. `mortar tools tune vision --write` measures them; without any it looks as the model was
    made."""
    frames: Annotated[int, Meta(ge=1, le=8)] = 1
    """Frames that a look takes, one after the other; the mean of their tokens is what is seen. More of them
    see through noise, and each takes as long as one."""
    ring_slots: Annotated[int, Meta(ge=2, le=16)] = 3
    """Slots of the token ring between eye and language."""
    ring_budget_tok: Annotated[int, Meta(ge=16, le=65_536)] = 2_048
    """Most image tokens in flight between eye and language."""
    deadline_ms: Annotated[int, Meta(ge=500, le=120_000)] = 15_000
    """Longest time one picture may take to be taken and encoded."""
    watch: bool = False
    """Keep the camera open and a fresh picture at hand, so that a look need not encode one. Without, it is
    watched only while somebody waits to be told. See [watching.md](watching.md)."""
    watch_most_Hz: Annotated[float, Meta(gt=0, le=30)] = 4.0
    """Glances a second on mains, or with a battery that is well charged."""
    watch_least_Hz: Annotated[float, Meta(gt=0, le=30)] = 0.5
    """Glances a second just before the battery is low; there are none below that."""
    watch_budget_tok_per_min: Annotated[int, Meta(ge=1, le=1_000_000)] = 1_200
    """Most image tokens that watching hands to the language model in a minute. A model that reads 174 tokens
    a second is kept busy for a ninth of its time by as many."""
