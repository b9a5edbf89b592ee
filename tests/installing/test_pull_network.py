"""A pull over a bad network: one clear line, and nothing half installed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from installing import hub_stand_in as stand_in
from installing.hub_stand_in import Hosted, Hub
from installing.models import VOICE, WHISPER, Mortar, host_voice, host_whisper, installed

pytestmark = pytest.mark.usefixtures("untried")


def test_a_cut_in_the_middle_does_not_matter(mortar: Mortar, whisper: Hosted, data: Path) -> None:
    whisper.faults = [stand_in.cut(10_000)]
    assert mortar("pull", WHISPER) == 0
    assert (installed(data) / "ggml-toy.bin").read_bytes() == whisper.content


@pytest.mark.parametrize("is_stated", [True, False])
def test_corrupted_bytes_are_one_line_and_nothing_of_them_stays(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, is_stated: bool, one_line: Callable[[], str]
) -> None:
    """By the SHA-256 that the hub states, and by Git's name where it states none."""
    if is_stated:
        hosted, name = host_whisper(hub, data, tmp_path), WHISPER
    else:
        hosted, name = host_voice(hub, data, tmp_path)["config"], VOICE
    hosted.faults = [stand_in.corrupt]
    assert mortar("pull", name) == 1
    assert "checksum differs" in one_line()
    assert not installed(data, name).exists()
    assert mortar("pull", name) == 0


def test_no_network_is_one_line(
    mortar: Mortar, config: Path, data: Path, one_line: Callable[[], str]
) -> None:
    config.write_text('[models]\nhub = "http://127.0.0.1:1"\n')
    assert mortar("pull", "whisper-tiny") == 1
    assert "cannot reach 127.0.0.1:1" in one_line()
    assert not (data / "models").exists()


def test_a_model_that_is_gone_from_the_hub_is_one_line(
    mortar: Mortar, whisper: Hosted, hub: Hub, one_line: Callable[[], str]
) -> None:
    hub.files.clear()
    assert mortar("pull", WHISPER) == 1
    assert "has no /maker/toy-whisper" in one_line()


def started(config: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mortar", "models", *arguments, "--config", str(config)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def until(holds: Callable[[], bool]) -> None:
    """Another process has no other way to say what lies on the disk."""
    end_s = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


@pytest.fixture
def stalled(whisper: Hosted, hub: Hub, config: Path, data: Path) -> subprocess.Popen[str]:
    """A pull that waits for a hub that says nothing any more."""
    config.write_text(config.read_text().replace("patience_s = 2", "patience_s = 600"))
    whisper.faults = [stand_in.stall(10_000)]
    process = started(config, "pull", WHISPER)
    assert hub.stalled.wait(60)
    until(lambda: [path.stat().st_size for path in data.rglob("*.part")] == [10_000])
    return process


def test_two_pulls_of_one_model_are_not_made_at_once(
    stalled: subprocess.Popen[str], mortar: Mortar, one_line: Callable[[], str]
) -> None:
    try:
        assert mortar("pull", WHISPER) == 1
        assert "already" in one_line()
        assert mortar("remove", WHISPER) == 1
    finally:
        stalled.kill()
        stalled.communicate()


def test_control_c_is_one_line_and_the_next_pull_goes_on(
    stalled: subprocess.Popen[str], mortar: Mortar, hub: Hub, data: Path
) -> None:
    stalled.send_signal(signal.SIGINT)
    _, said = stalled.communicate(timeout=60)
    assert stalled.returncode == 130
    assert "nothing was installed" in said.strip().splitlines()[-1] and "Traceback" not in said
    assert not installed(data).exists()
    hub.seen.clear()
    assert mortar("pull", WHISPER) == 0
    assert hub.asked("GET")[-1].headers["Range"] == "bytes=10000-"


def test_killed_in_the_middle_nothing_is_half_installed(
    stalled: subprocess.Popen[str], mortar: Mortar, data: Path, whisper: Hosted
) -> None:
    stalled.kill()
    stalled.communicate()
    assert not installed(data).exists()
    assert mortar("pull", WHISPER) == 0
    assert (installed(data) / "ggml-toy.bin").read_bytes() == whisper.content


def test_what_a_power_cut_left_between_two_steps_is_put_right(
    mortar: Mortar, whisper: Hosted, data: Path, hub: Hub
) -> None:
    """The new version has its number, and the link does not lead there yet: the old one is still in use."""
    assert mortar("pull", WHISPER) == 0
    versions = data / "model-versions" / WHISPER
    shutil.copytree(versions / "1", versions / "2")
    lock = data / "models-lock.json"
    lock.write_text(lock.read_text().replace('"version": 1', '"version": 2'))
    assert mortar("verify", WHISPER) == 1
    hub.seen.clear()
    assert mortar("pull", WHISPER) == 0
    assert not hub.asked("GET")
    assert mortar("verify", WHISPER) == 0
    assert [path.name for path in versions.iterdir()] == [installed(data).readlink().name]
