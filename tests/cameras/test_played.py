"""Files that play a camera, watched: each frame that is asked for is a look."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mortar.drivers.camera import open_camera
from mortar.drivers.frames import GATE_PX, gate_of
from mortar.errors import MortarError
from mortar.settings import Camera, RunOptions

LONG_MS = 10_000


def saved(folder: Path, *colours: str, size: tuple[int, int] = (640, 480)) -> RunOptions:
    for number, colour in enumerate(colours):
        Image.new("RGB", size, colour).save(folder / f"{number}.png")
    return RunOptions(camera=str(folder))


def test_a_folder_gives_one_picture_a_frame_and_starts_again(tmp_path: Path) -> None:
    camera = open_camera(Camera(), saved(tmp_path, "black", "white"))
    seen = []
    with camera.watch() as stream:
        for _ in range(3):
            with stream.newest(LONG_MS) as frame:
                seen.append((frame.number, int(frame.gate.max()), frame.picture().getpixel((0, 0))))
    assert seen == [(1, 0, (0, 0, 0)), (2, 255, (255, 255, 255)), (3, 0, (0, 0, 0))]


def test_a_frame_is_lent_and_its_gate_may_be_kept(tmp_path: Path) -> None:
    """After the with-block the picture is not to be had any more."""
    camera = open_camera(Camera(), saved(tmp_path, "red"))
    with camera.watch() as stream, stream.newest(LONG_MS) as frame:
        pass
    with pytest.raises(ValueError, match="given back"):
        frame.picture()
    assert frame.gate.shape == (120, 160)


def test_two_frames_may_be_held_at_a_time(tmp_path: Path) -> None:
    camera = open_camera(Camera(), saved(tmp_path, "black", "white"))
    with camera.watch() as stream, stream.newest(LONG_MS) as one, stream.newest(LONG_MS) as other:
        assert one.picture().getpixel((0, 0)) != other.picture().getpixel((0, 0))


def test_a_damaged_picture_costs_one_frame(tmp_path: Path) -> None:
    run = saved(tmp_path, "black", "white")
    (tmp_path / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with open_camera(Camera(), run).watch() as stream:
        with pytest.raises(MortarError, match=r"0\.png"), stream.newest(LONG_MS):
            pass
        with stream.newest(LONG_MS) as frame:
            assert frame.gate.min() == 255


def test_no_camera_can_be_watched_and_says_so_at_the_first_frame() -> None:
    camera = open_camera(Camera(device="none"), RunOptions())
    with camera.watch() as stream, pytest.raises(MortarError) as caught, stream.newest(LONG_MS):
        pass
    assert caught.value.code == "camera-missing"


@pytest.mark.parametrize("size", [(1, 1), (159, 90), (160, 1), (319, 2), (320, 240), (1, 4000), (4056, 3040)])
def test_a_gate_is_small_whatever_the_picture(size: tuple[int, int]) -> None:
    gate = gate_of(Image.new("L", size, 7))
    assert (gate == 7).all() and gate.dtype == np.uint8
    assert gate.shape[1] <= 2 * GATE_PX
    assert gate.shape[1] >= min(size[0], GATE_PX)
