"""A microphone that another program plays through a named pipe."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from mortar.drivers.microphone import open_microphone
from mortar.drivers.microphone_live import MicrophoneGone
from mortar.drivers.microphone_piped import PipedMicrophone
from mortar.drivers.microphone_played import BLOCK
from mortar.settings import RunOptions, Settings


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "microphone"
    os.mkfifo(path)
    return path


def sound(n_blocks: int, first: int = 0) -> bytes:
    return np.arange(first, first + n_blocks * BLOCK, dtype="<i2").tobytes()


def test_a_named_pipe_is_known_as_one(pipe: Path) -> None:
    async def scenario() -> None:
        microphone = open_microphone(Settings(), RunOptions(mic=str(pipe)))
        assert isinstance(microphone, PipedMicrophone) and not microphone.is_over

    asyncio.run(scenario())


def test_what_is_written_is_heard_whole_and_in_order_and_then_the_microphone_has_gone(pipe: Path) -> None:
    """Whatever pieces it is written in. The next writer is waited for, and heard from the beginning."""

    async def scenario() -> None:
        microphone = PipedMicrophone(pipe, fast=False)
        for first in (0, 7_000):
            heard: list[np.ndarray] = []
            written = asyncio.create_task(asyncio.to_thread(write_in_pieces, pipe, sound(3, first)))
            with pytest.raises(MicrophoneGone, match="nobody writes"):
                async for block in microphone.blocks():
                    heard.append(block)
            await written
            assert [len(block) for block in heard] == [BLOCK] * 3
            assert np.concatenate(heard).tobytes() == sound(3, first)

    asyncio.run(scenario())


def write_in_pieces(pipe: Path, content: bytes) -> None:
    with pipe.open("wb", buffering=0) as file:
        for at in range(0, len(content), 700):
            file.write(content[at : at + 700])


def test_a_fast_writer_is_held_until_the_answer_is_given(pipe: Path) -> None:
    async def scenario() -> None:
        microphone = PipedMicrophone(pipe, fast=True)
        with written(pipe, sound(2)):
            blocks = microphone.blocks()
            await anext(blocks)
            microphone.hold()
            second = asyncio.ensure_future(anext(blocks))
            for _ in range(100):  # turns of the loop: what may come comes in a few
                await asyncio.sleep(0)
            assert not second.done()
            microphone.end_turn()
            await second
            await blocks.aclose()

    asyncio.run(scenario())


def test_in_real_time_sound_goes_on(pipe: Path) -> None:
    """So that the wake word interrupts an answer."""

    async def scenario() -> None:
        microphone = PipedMicrophone(pipe, fast=False)
        with written(pipe, sound(2)):
            blocks = microphone.blocks()
            await anext(blocks)
            microphone.hold()
            assert (await anext(blocks)).tobytes() == sound(2)[2 * BLOCK :]
            await blocks.aclose()

    asyncio.run(scenario())


@contextmanager
def written(pipe: Path, content: bytes) -> Iterator[None]:
    """It lies in the pipe, which stays open."""
    writer = os.open(pipe, os.O_RDWR)
    try:
        os.write(writer, content)
        yield
    finally:
        os.close(writer)
