"""The real driver, down to its system calls. Run by test_v4l2_streams.py with standin.c preloaded."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cameras.pictures import CHECKS, as_jpeg, as_nv12, as_yuyv, differs
from harness import started
from mortar.bricks import eye
from mortar.drivers.camera_live import LiveCamera
from mortar.drivers.frames import PATIENCE_MS, VGA, Frame, Size
from mortar.drivers.v4l2 import V4l2Finder, V4l2Source, cameras
from mortar.errors import MortarError
from mortar.messages import Failure, Look, Looked
from mortar.settings import Camera as CameraSettings
from mortar.settings import Settings

DEVICES = Path(os.environ["STANDIN_CAMERAS"])
KERNEL = ctypes.CDLL(None)


@pytest.fixture(autouse=True)
def unplugged() -> Iterator[None]:
    """Each test plugs in its own; none leaves a device open or its memory mapped."""
    KERNEL.standin_truncate(0)
    KERNEL.standin_damage(0)
    KERNEL.standin_silence(0)
    KERNEL.standin_busy(0)
    yield
    assert "memfd:camera" not in Path("/proc/self/maps").read_text()
    assert not any("memfd:camera" in fd for fd in map(_target, os.listdir("/proc/self/fd")))
    for file in DEVICES.iterdir():
        file.unlink()


def _target(fd: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except FileNotFoundError:  # the listing's own
        return ""


def plug_in(*lines: str, name: str = "video0") -> Path:
    path = DEVICES / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def camera(device: str = "auto", wanted: Size = VGA) -> LiveCamera:
    return LiveCamera(partial(V4l2Source, V4l2Finder(device, DEVICES), wanted))


def nv12(width: int = 640, height: int = 480, stride: int = 640) -> str:
    return f"mode NV12 {width} {height} 30 {stride} {stride * (height + (height + 1) // 2)}"


def which(frame: Frame) -> int:
    """The number that the stand-in's sensor gave this picture, which it wrote into the first pixel."""
    grey = frame.picture().getpixel((0, 0))[1]
    return round(grey * 219 / 255)


def error_of(camera: LiveCamera) -> MortarError:
    with pytest.raises(MortarError) as caught:
        camera.capture()
    return caught.value


# --- pictures ---


@pytest.mark.parametrize("size", [(64, 48), (65, 47), (1, 1), (639, 481)])
@pytest.mark.parametrize("padding", [0, 24])
def test_nv12_is_the_picture_whatever_its_lines_and_its_size(size: tuple[int, int], padding: int) -> None:
    width, height = size
    stride = width + width % 2 + padding
    data = as_nv12(CHECKS.resize(size), stride)
    (DEVICES / "raw").write_bytes(data)
    plug_in(f"mode NV12 {width} {height} 30 {stride} {len(data)} {DEVICES / 'raw'}")
    assert differs(camera().capture(), CHECKS.resize(size)) < 3


def test_nv12_in_two_pieces_of_memory() -> None:
    """As Rockchip's drivers give it: luma and colour mapped apart, each with lines of its own length."""
    data = as_nv12(CHECKS, 704)
    (DEVICES / "raw").write_bytes(data)
    height = CHECKS.height
    plug_in("mplane", f"mode NM12 640 480 30 704,704 {704 * height},{704 * height // 2} {DEVICES / 'raw'}")
    assert differs(camera().capture(), CHECKS) < 1.5


def test_nv12_of_a_multi_planar_driver_in_one_piece() -> None:
    data = as_nv12(CHECKS, 640)
    (DEVICES / "raw").write_bytes(data)
    plug_in("mplane", f"mode NV12 640 480 30 640 {len(data)} {DEVICES / 'raw'}")
    assert differs(camera().capture(), CHECKS) < 1.5


def test_yuyv_is_the_picture() -> None:
    data = as_yuyv(CHECKS, 1300)
    (DEVICES / "raw").write_bytes(data)
    plug_in(f"mode YUYV 640 480 30 1300 {len(data)} {DEVICES / 'raw'}")
    assert differs(camera().capture(), CHECKS) < 1.5


def test_mjpeg_is_the_picture_with_and_without_padding() -> None:
    for padding in (b"", b"\0" * 999):
        (DEVICES / "raw").write_bytes(as_jpeg(CHECKS) + padding)
        plug_in(f"mode MJPG 640 480 30 0 400000 {DEVICES / 'raw'}")
        assert differs(camera().capture(), CHECKS) < 1.5


# --- streams ---


def test_a_frame_is_the_next_one_and_not_what_waited() -> None:
    """While nobody looks, the queue fills with old pictures."""
    plug_in(nv12())
    with camera().watch() as stream:
        with stream.newest(PATIENCE_MS) as frame:
            first = which(frame)
        KERNEL.standin_pass(50)
        with stream.newest(PATIENCE_MS) as frame:
            assert which(frame) == first + 51


def test_a_held_frame_does_not_change_and_the_camera_goes_on() -> None:
    plug_in(nv12())
    with camera().watch() as stream, stream.newest(PATIENCE_MS) as held:
        before = which(held)
        for _ in range(20):
            with stream.newest(PATIENCE_MS) as frame:
                assert which(frame) > before
        with stream.newest(PATIENCE_MS) as two:
            assert which(two) > which(held) == before


def test_a_thousand_frames_one_after_the_other() -> None:
    """None is lost and none comes twice, where somebody looks at each."""
    plug_in(nv12(64, 48, 64))
    with camera().watch() as stream:
        with stream.newest(PATIENCE_MS) as frame:
            first = frame.number
        for number in range(first + 1, first + 1_001):
            with stream.newest(PATIENCE_MS) as frame:
                assert frame.number == number


def test_the_first_frame_is_one_whose_exposure_has_settled() -> None:
    plug_in(nv12())
    with camera().watch() as stream, stream.newest(PATIENCE_MS) as frame:
        assert which(frame) >= 4


def test_a_gate_is_the_luma_made_small() -> None:
    (DEVICES / "raw").write_bytes(as_nv12(CHECKS, 640))
    plug_in(f"mode NV12 640 480 30 640 {640 * 720} {DEVICES / 'raw'}")
    with camera().watch() as stream, stream.newest(PATIENCE_MS) as frame:
        small = np.asarray(CHECKS.convert("L").reduce(4)).astype(int)
        assert frame.gate.shape == (120, 160)
        assert np.abs(frame.gate - small).mean() < 3


def test_a_still_while_watching_comes_from_the_open_stream() -> None:
    """A second opening of the device would be refused: it is busy."""
    plug_in(nv12())
    watched = camera()
    with watched.watch() as stream, stream.newest(PATIENCE_MS):
        KERNEL.standin_busy(1)
        assert watched.capture().size == VGA


def test_the_eye_looks_through_it() -> None:
    """The brick as a worker of its own, the bundled encoder, and the real driver: nothing else is played."""
    path = plug_in(nv12(), "card Webcam")

    async def scenario() -> None:
        settings = Settings(camera=CameraSettings(device=str(path)))
        async with started(eye.main, ["assistant", "language"], settings=settings) as brick:
            await brick.ready()
            for turn in (1, 2):
                brick["assistant"].send(Look(turn))
                assert (await brick["assistant"].expect(Looked)).turn == turn
            KERNEL.standin_unplug()
            path.unlink()
            brick["assistant"].send(Look(3))
            assert (await brick["assistant"].expect(Failure)).code == "camera-missing"
            plug_in(nv12(), "card Webcam")
            brick["assistant"].send(Look(4))
            assert (await brick["assistant"].expect(Looked)).turn == 4

    asyncio.run(scenario())


# --- what is chosen ---


def test_uncompressed_where_it_is_quick_enough_and_motion_jpeg_where_not() -> None:
    (DEVICES / "jpeg").write_bytes(as_jpeg(CHECKS.resize((1280, 720))))
    plug_in(
        "mode YUYV 640 480 30 1280 614400",
        "mode YUYV 1280 720 10 2560 1843200",
        "mode MJPG 640 480 30 0 614400",
        f"mode MJPG 1280 720 30 0 1843200 {DEVICES / 'jpeg'}",
    )
    found = next(cameras(DEVICES))
    assert list(map(str, found.modes)) == [
        "YUYV 640×480 30 Hz",
        "YUYV 1280×720 10 Hz",
        "MJPEG 640×480 30 Hz",
        "MJPEG 1280×720 30 Hz",
    ]
    assert camera().capture().getpixel((9, 9)) == camera().capture().getpixel(
        (99, 9)
    )  # the stand-in's grey YUYV
    assert differs(camera(wanted=Size(1000, 600)).capture(), CHECKS.resize((1280, 720))) < 3


def test_a_range_of_sizes_gives_the_one_that_is_wanted() -> None:
    plug_in("range NV12 32 4208 16 32 3120 8")
    assert camera(wanted=Size(500, 300)).capture().size == (512, 304)


def test_a_bus_without_room_gets_the_next_form() -> None:
    (DEVICES / "jpeg").write_bytes(as_jpeg(CHECKS))
    plug_in(nv12(), f"mode MJPG 640 480 30 0 400000 {DEVICES / 'jpeg'}", f"fail streamon {errno.ENOSPC} NV12")
    assert differs(camera().capture(), CHECKS) < 1.5


def test_devices_that_are_no_cameras_are_passed() -> None:
    """Metadata, a sensor's raw data, an image processor's memory, a file."""
    plug_in(nv12(), "caps 04800000", name="video0")
    plug_in("mode RG10 640 480 30 1280 614400", name="video1")
    plug_in(nv12(), "driver pispbe", name="video2")
    path = plug_in(nv12(), "mode MJPG 320 240 30 0 9999", nv12(1280, 720), "card The one", name="video10")
    for_people = f"The one ({path}: MJPEG 320×240 30 Hz, NV12 1280×720 30 Hz)"
    assert list(map(str, cameras(DEVICES))) == [for_people]
    assert camera().capture().size == VGA


# --- what goes wrong ---


def test_unplugged_while_watching_and_back_under_another_name() -> None:
    """One frame says so, each further one that it is still away; then it goes on by itself."""
    path = plug_in(nv12(), "card Webcam")
    with camera(str(path)).watch() as stream:
        with stream.newest(PATIENCE_MS):
            pass
        KERNEL.standin_unplug()
        path.unlink()
        plug_in(nv12(), "card Another one", name="video1")
        for _ in range(2):
            with pytest.raises(MortarError) as caught, stream.newest(PATIENCE_MS):
                pass
            assert caught.value.code == "camera-missing"
        plug_in(nv12(), "card Webcam", name="video2")
        with stream.newest(PATIENCE_MS) as frame:
            assert frame.number == 2
            assert frame.picture().size == VGA


def test_unplugged_while_a_frame_is_held() -> None:
    """The picture is not to be had any more, and the frame is given back all the same."""
    plug_in(nv12())
    with camera().watch() as stream:
        with stream.newest(PATIENCE_MS) as frame:
            KERNEL.standin_unplug()
            with pytest.raises(MortarError, match="camera"), stream.newest(PATIENCE_MS):
                pass
            with pytest.raises(MortarError) as caught:
                frame.picture()
            assert caught.value.code == "camera-missing"
        with stream.newest(PATIENCE_MS) as frame:
            assert frame.picture().size == VGA


def test_damaged_pictures_are_passed() -> None:
    """Cut short on the way, or marked by the driver."""
    (DEVICES / "jpeg").write_bytes(as_jpeg(CHECKS))
    for form in (nv12(), f"mode MJPG 640 480 30 0 400000 {DEVICES / 'jpeg'}"):
        plug_in(form)
        with camera().watch() as stream, stream.newest(PATIENCE_MS):
            KERNEL.standin_truncate(3)
            with stream.newest(PATIENCE_MS) as frame:
                assert frame.picture().size == VGA
            KERNEL.standin_damage(3)
            with stream.newest(PATIENCE_MS) as frame:
                assert frame.picture().size == VGA


def test_nothing_but_damage_is_an_error() -> None:
    plug_in(nv12())
    KERNEL.standin_truncate(1 << 30)
    with camera().watch() as stream, pytest.raises(MortarError) as caught, stream.newest(200):
        pass
    assert caught.value.code == "camera-failed"
    assert "incomplete" in caught.value.what


def test_a_camera_that_gives_nothing_is_an_error_and_is_opened_anew() -> None:
    plug_in(nv12())
    KERNEL.standin_silence(1)
    with camera().watch() as stream:
        with pytest.raises(MortarError) as caught, stream.newest(PATIENCE_MS):
            pass
        assert caught.value.code == "camera-no-frame"
        KERNEL.standin_silence(0)
        with stream.newest(PATIENCE_MS) as frame:
            assert which(frame) == 4


@pytest.mark.parametrize(
    ("call", "error", "do"),
    [
        ("open", errno.EACCES, "usermod -aG video"),
        ("s_fmt", errno.EBUSY, "another program"),
        ("reqbufs", errno.EBUSY, "another program"),
        ("streamon", errno.ENOSPC, "another USB port"),
        ("querycap", errno.ENOTTY, "mortar doctor"),
        ("streamon", errno.EPROTO, "plug it in again"),
    ],
)
def test_an_error_says_what_to_do(call: str, error: int, do: str) -> None:
    refused = error_of(camera(str(plug_in(nv12(), f"fail {call} {error}"))))
    assert refused.code == "camera-failed"
    assert do in refused.do and str(DEVICES) in refused.what


def test_a_device_without_readable_pictures_says_so() -> None:
    refused = error_of(camera(str(plug_in("mode RG10 640 480 30 1280 614400"))))
    assert "NV12, YUYV, MJPEG" in refused.what


def test_a_camera_is_chosen_by_part_of_its_name() -> None:
    plug_in(nv12(320, 240, 320), "card Integrated camera")
    plug_in(nv12(), "card HD Webcam C525", name="video2")
    assert camera("C525").capture().size == VGA
    assert "C920" in error_of(camera("C920")).what


def test_no_camera_at_all() -> None:
    assert error_of(camera()).code == "camera-missing"
    assert error_of(camera(str(DEVICES / "video7"))).code == "camera-missing"


def test_a_camera_goes_on_after_an_error() -> None:
    plugged = camera()
    assert error_of(plugged).code == "camera-missing"
    plug_in(nv12())
    picture = plugged.capture()
    assert isinstance(picture, Image.Image) and picture.size == VGA
