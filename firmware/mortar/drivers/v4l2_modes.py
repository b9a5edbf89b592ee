"""What a V4L2 camera offers, and what of it to take: the least to carry and to decode for the size wanted."""

from __future__ import annotations

import errno
import fcntl
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from mortar.drivers import v4l2_kernel as kernel
from mortar.drivers.frames import Size
from mortar.drivers.pixels import FORMS

SLOW_Hz = 15.0
"""Below this a form is taken only where no other has the size. Uncompressed pictures of 1280×720 need more
than USB 2 carries (24 MB/s): there cameras offer them at 5 to 10 a second, and Motion-JPEG at 30."""

MOST_ENTRIES = 256
"""Of any list: a driver that never ends one is not asked for ever."""

Entry = TypeVar("Entry", kernel.FormatDescription, kernel.FrameSize, kernel.FrameInterval)


class Mode(NamedTuple):
    pixelformat: int
    size: Size
    rate_Hz: float | None
    """The highest; None where the driver does not say."""

    @property
    def form(self) -> str:
        return FORMS[self.pixelformat].name

    def __str__(self) -> str:
        rate = f" {self.rate_Hz:.0f} Hz" if self.rate_Hz else ""
        return f"{self.form} {self.size}{rate}"


def modes(fd: int, buffers: int, wanted: Size) -> list[Mode]:
    """All that Mortar reads, for buffers of the type `buffers`. Of a range of sizes, the one nearest to
    `wanted`; where a driver lists no sizes, `wanted`, for it to correct."""
    found = []
    formats = (kernel.FormatDescription(index=index, type=buffers) for index in range(MOST_ENTRIES))
    for form in _listed(fd, kernel.ENUM_FMT, formats):
        if form.pixelformat in FORMS:
            for size in dict.fromkeys(_sizes(fd, form.pixelformat, wanted)):
                found.append(Mode(form.pixelformat, size, _rate(fd, form.pixelformat, size)))
    return found


def ranked(offered: list[Mode], wanted: Size) -> list[Mode]:
    """The best first: it covers `wanted`, is quick enough, carries no more pixels than it must, and costs
    little to read. Where none is large enough, the largest."""
    cost = list(FORMS)

    def key(mode: Mode) -> tuple[bool, bool, int, int]:
        is_small = not mode.size.covers(wanted)
        is_slow = mode.rate_Hz is not None and mode.rate_Hz < SLOW_Hz
        area_px = mode.size.area_px
        return is_small, is_slow, -area_px if is_small else area_px, cost.index(mode.pixelformat)

    return sorted(offered, key=key)


def _sizes(fd: int, pixelformat: int, wanted: Size) -> Iterator[Size]:
    entries = (kernel.FrameSize(index=index, pixel_format=pixelformat) for index in range(MOST_ENTRIES))
    first = next(found := _listed(fd, kernel.ENUM_FRAMESIZES, entries), None)
    if first is None:
        yield wanted
    elif first.type == kernel.DISCRETE:
        yield Size(*first.values[:2])
        yield from (Size(*entry.values[:2]) for entry in found)
    else:
        yield Size(
            _nearest(wanted.width_px, *first.values[:3]), _nearest(wanted.height_px, *first.values[3:])
        )


def _nearest(wanted: int, least: int, most: int, step: int) -> int:
    """The smallest of the range that is `wanted` or more; its largest where none is."""
    steps = -(-(max(wanted, least) - least) // max(step, 1))
    return min(least + steps * max(step, 1), most)


def _rate(fd: int, pixelformat: int, size: Size) -> float | None:
    entries = (
        kernel.FrameInterval(
            index=index, pixel_format=pixelformat, width=size.width_px, height=size.height_px
        )
        for index in range(MOST_ENTRIES)
    )
    rates = []
    for entry in _listed(fd, kernel.ENUM_FRAMEINTERVALS, entries):
        numerator, denominator = entry.values[:2]
        if numerator:
            rates.append(denominator / numerator)
        if entry.type != kernel.DISCRETE:
            break
    return max(rates, default=None)


def _listed(fd: int, request: int, entries: Iterator[Entry]) -> Iterator[Entry]:
    """Each entry, filled in; the driver ends a list with EINVAL, and has none with ENOTTY."""
    for entry in entries:
        try:
            fcntl.ioctl(fd, request, entry)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                return
            raise
        yield entry
