"""The driver for a Raspberry Pi's camera, against a stand-in for picamera2 (pi/picamera2.py)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mortar.drivers import picamera
from mortar.drivers.camera import open_camera
from mortar.drivers.frames import PATIENCE_MS, Size
from mortar.drivers.v4l2 import V4l2Finder
from mortar.errors import MortarError
from mortar.settings import Camera, RunOptions

FOLDER = Path(__file__).parent / "pi"


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module("picamera2").PI
    del sys.modules["picamera2"]


def camera(**settings: Any) -> Any:
    return open_camera(Camera(**settings), RunOptions())


def error_of(**settings: Any) -> MortarError:
    with pytest.raises(MortarError) as caught:
        camera(**settings).capture()
    return caught.value


def test_a_still_is_red_green_and_blue_in_this_order(pi: Any) -> None:
    picture = camera(driver="picamera2").capture()
    assert picture.size == (640, 480)
    assert picture.getcolors() == [(640 * 480, (10, 20, 30))]
    assert pi.open == pi.held == 0


def test_a_gate_is_the_luma_of_the_small_stream_without_its_padding(pi: Any) -> None:
    with camera(driver="picamera2").watch() as stream, stream.newest(PATIENCE_MS) as frame:
        assert frame.gate.shape == (120, 160)
        assert (frame.gate == pi.pictures).all()
        assert frame.t_ms == pi.pictures * 33


def test_a_frame_is_given_back_and_two_may_be_held(pi: Any) -> None:
    with camera(driver="picamera2").watch() as stream:
        for _ in range(20):
            with stream.newest(PATIENCE_MS) as one, stream.newest(PATIENCE_MS) as other:
                assert pi.held == 2
                assert one.picture().size == other.picture().size
            assert pi.held == 0
        assert pi.open == 1
    assert pi.open == 0


@pytest.mark.parametrize(
    ("size", "wanted"), [("auto", (640, 480)), ("1280x720", (1280, 720)), ("641x481", (640, 480))]
)
def test_the_size_is_what_is_asked_for_as_libcamera_corrects_it(
    pi: Any, size: str, wanted: tuple[int, int]
) -> None:
    assert camera(driver="picamera2", size=size).capture().size == wanted


def test_a_small_picture_has_a_gate_no_larger_than_itself(pi: Any) -> None:
    source = picamera.PicameraSource(wanted=Size(64, 48))
    taken = source.take(float("inf"))
    assert taken.gate.shape == (48, 64)
    taken.release()
    source.close()


def test_no_camera_is_said_in_one_line(pi: Any) -> None:
    pi.cameras = []
    assert error_of(driver="picamera2").code == "camera-missing"


def test_a_camera_is_chosen_by_part_of_its_name(pi: Any) -> None:
    pi.cameras = [{"Model": "ov5647", "Id": "a", "Num": 0}, {"Model": "imx708", "Id": "b", "Num": 1}]
    assert camera(driver="picamera2", device="imx").capture().size == (640, 480)
    assert "imx219" in error_of(driver="picamera2", device="imx219").what


def test_a_busy_camera_says_why_and_what_to_do(pi: Any) -> None:
    pi.is_busy = True
    refused = error_of(driver="picamera2")
    assert refused.code == "camera-failed"
    assert "resource busy" in refused.what and "other programs" in refused.do
    assert pi.open == 0


def test_a_camera_that_breaks_while_watching_is_opened_anew(pi: Any) -> None:
    with camera(driver="picamera2").watch() as stream:
        with stream.newest(PATIENCE_MS):
            pass
        pi.breaks = "Camera frontend has timed out!"
        for _ in range(2):
            with pytest.raises(MortarError, match="timed out"), stream.newest(PATIENCE_MS):
                pass
            assert pi.open == pi.held == 0
        pi.breaks = ""
        with stream.newest(PATIENCE_MS) as frame:
            assert frame.picture().size == (640, 480)


def test_a_camera_that_gives_nothing_is_an_error_in_time(pi: Any) -> None:
    pi.gives_nothing = True
    assert error_of(driver="picamera2").code == "camera-no-frame"
    assert pi.open == 0


def test_a_webcam_is_left_to_v4l2(pi: Any) -> None:
    """libcamera lists it before the Pi's own camera."""
    webcam = {"Model": "C920", "Id": "/base/axi/pcie@1000120000/rp1/usb@200000-1:1.0-046d:082d", "Num": 0}
    pi.cameras = [webcam, *pi.cameras]
    assert picamera.names() == ["imx708"]
    assert camera().capture().size == (640, 480)
    assert pi.opened[0].number == 1
    pi.cameras = [webcam]
    assert picamera.names() == []
    assert error_of(driver="picamera2").code == "camera-missing"


@pytest.mark.parametrize(("device", "cameras"), [("auto", 0), ("/dev/no-such-camera", 1)])
def test_auto_takes_the_kernels_where_the_pi_has_none_or_a_path_is_named(
    pi: Any, device: str, cameras: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mortar.drivers.camera.V4l2Finder", partial(V4l2Finder, devices=tmp_path))
    pi.cameras = pi.cameras[:cameras]
    assert error_of(device=device).code == "camera-missing"
    assert pi.opened == []


def test_auto_takes_the_pis_own_camera(pi: Any) -> None:
    assert camera().capture().size == (640, 480)
    assert picamera.names() == ["imx708"]


def test_without_the_package_only_who_asks_for_it_hears_of_it() -> None:
    assert error_of(driver="picamera2").code == "camera-driver-missing"
    assert picamera.names() == []


def test_a_package_whose_libcamera_is_missing_is_passed_by(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "picamera2.py").write_text("import libcamera")
    monkeypatch.syspath_prepend(tmp_path)
    assert "libcamera" in error_of(driver="picamera2").what
    assert picamera.names() == []
