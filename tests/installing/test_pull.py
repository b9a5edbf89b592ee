"""`mortar models pull`, driven as a person does, against a hub on this computer."""

from __future__ import annotations

import json
import os
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
from installing.models import CARDS, VOICE, WHISPER, host_cards, host_voice, host_whisper
from mortar.commands import main
from mortar.installing.download import TRIES
from mortar.runtimes.model_folder import ModelFolder

Mortar = Callable[..., int]


@pytest.fixture
def mortar(config: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> Mortar:
    def run(*arguments: str) -> int:
        return main(["models", *arguments, "--config", str(config)])

    return run


@pytest.fixture
def whisper(hub: Hub, data: Path, tmp_path: Path) -> Hosted:
    return host_whisper(hub, data, tmp_path)


def installed(data: Path, name: str = WHISPER) -> Path:
    return data / "models" / name


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What it complained of, behind what it told on the way."""
    lines = capsys.readouterr().err.strip().splitlines()
    complaints = [line for line in lines if line.startswith("mortar: ")]
    assert len(complaints) == 1 and lines[-1] == complaints[0]
    return complaints[0]


def json_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# --- all goes well ---


def test_a_pulled_model_is_whole_pinned_tried_and_in_place(
    mortar: Mortar, whisper: Hosted, data: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    """And its first use says that it trusts."""
    assert mortar("pull", WHISPER) == 0
    told = capsys.readouterr()
    assert "it answered" in told.out
    assert "trusted" in told.err and whisper.sha256 in told.err
    assert (installed(data) / "ggml-toy.bin").read_bytes() == whisper.content
    pin = json.loads((data / "models-lock.json").read_text())["pins"][f"maker/{WHISPER}/ggml-toy.bin"]
    assert pin == {
        "sha256": whisper.sha256,
        "size_bytes": len(whisper.content),
        "commit": stand_in.COMMIT,
        "hub": hub.base,
        "is_stated": True,
    }
    assert not list(data.rglob("*.part")) and not list(data.rglob("incoming"))


def test_for_programs_there_are_json_lines_and_nothing_else(
    mortar: Mortar, whisper: Hosted, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mortar("pull", WHISPER, "--json") == 0
    events = json_lines(capsys)
    assert [event["event"] for event in events] == ["trusted", "trying", "done"]
    assert events[0]["sha256"] == whisper.sha256
    assert events[-1] == {"event": "done", "name": WHISPER, "version": 1, "trial": "it answered"}


def test_pulled_again_nothing_is_fetched(mortar: Mortar, whisper: Hosted, hub: Hub, data: Path) -> None:
    assert mortar("pull", WHISPER) == 0
    hub.seen.clear()
    assert mortar("pull", WHISPER) == 0
    assert not hub.asked("GET")
    assert installed(data).readlink().name == "1"


def test_a_voice_comes_with_its_card_and_is_found_by_name(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of its small files the hub states no SHA-256, which is said; they are held against Git's name."""
    host_voice(hub, data, tmp_path)
    assert mortar("pull", VOICE) == 0
    told = capsys.readouterr().err
    assert "MODEL_CARD" in told and "states no SHA-256" in told
    assert {path.name for path in installed(data, VOICE).iterdir()} == {
        "MODEL_CARD",
        f"{VOICE}.onnx",
        f"{VOICE}.onnx.json",
    }
    from mortar.runtimes.piper import voice_file

    assert voice_file(VOICE).parent == installed(data, VOICE)


def test_a_vision_language_model_gets_a_manifest_and_describes_a_picture(
    mortar: Mortar, hub: Hub, data: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its trial is a real run of the eye and language processes; then `--model NAME` finds it."""
    host_cards(hub, data)
    with config.open("a") as file:
        file.write('[eye]\nunit = "mtmd/cpu"\n')
    assert mortar("pull", CARDS) == 0
    manifest = ModelFolder(installed(data, CARDS)).manifest
    assert (manifest.name, manifest.licence, manifest.vision.n_tok) == (CARDS, "CC0", 16)
    capsys.readouterr()
    from mortar import resources

    picture = str(resources.session_folder() / "1-what-do-you-see.png")
    assert main(["describe", picture, "--model", CARDS, "--config", str(config)]) == 0
    assert capsys.readouterr().out.strip()


# --- the network ---


def test_a_cut_in_the_middle_does_not_matter(mortar: Mortar, whisper: Hosted, data: Path) -> None:
    whisper.faults = [stand_in.cut(10_000)]
    assert mortar("pull", WHISPER) == 0
    assert (installed(data) / "ggml-toy.bin").read_bytes() == whisper.content


@pytest.mark.parametrize("is_stated", [True, False])
def test_corrupted_bytes_are_one_line_and_nothing_of_them_stays(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_stated: bool
) -> None:
    """By the SHA-256 that the hub states, and by Git's name where it states none."""
    if is_stated:
        hosted, name = host_whisper(hub, data, tmp_path), WHISPER
    else:
        hosted, name = host_voice(hub, data, tmp_path)["config"], VOICE
    hosted.faults = [stand_in.corrupt]
    assert mortar("pull", name) == 1
    assert "checksum differs" in one_line(capsys)
    assert not installed(data, name).exists()
    assert mortar("pull", name) == 0


def test_no_network_is_one_line(
    mortar: Mortar, config: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text('[models]\nhub = "http://127.0.0.1:1"\n')
    assert mortar("pull", "whisper-tiny") == 1
    assert "cannot reach 127.0.0.1:1" in one_line(capsys)
    assert not (data / "models").exists()


def test_a_model_that_is_gone_from_the_hub_is_one_line(
    mortar: Mortar, whisper: Hosted, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.files.clear()
    assert mortar("pull", WHISPER) == 1
    assert "has no /maker/toy-whisper" in one_line(capsys)


# --- what is trusted ---


def test_another_file_than_the_pinned_one_is_refused_before_it_is_fetched(
    mortar: Mortar, whisper: Hosted, hub: Hub, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also after the model was removed. --repin is how a person says that they know why."""
    assert mortar("pull", WHISPER) == 0
    was = whisper.content
    whisper.content = was + b"and more"
    hub.seen.clear()
    capsys.readouterr()
    assert mortar("pull", WHISPER) == 1
    assert "is another file" in (line := one_line(capsys)) and "--repin" in line
    assert not hub.asked("GET")
    assert (installed(data) / "ggml-toy.bin").read_bytes() == was
    assert mortar("remove", WHISPER) == 0
    assert mortar("pull", WHISPER) == 1
    whisper.content = was[:-4] + b"\1\0\0\0"
    assert mortar("pull", WHISPER) == 1
    assert mortar("pull", WHISPER, "--repin") == 0
    assert (installed(data) / "ggml-toy.bin").read_bytes() == whisper.content


def test_without_a_statement_the_pin_is_held_against_what_came(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hosted = host_voice(hub, data, tmp_path)["card"]
    assert mortar("pull", VOICE) == 0
    hosted.content = b"License: another\n"
    capsys.readouterr()
    assert mortar("pull", VOICE) == 1
    assert "is another file" in one_line(capsys)
    assert (installed(data, VOICE) / "MODEL_CARD").read_text() == "License: CC0\n"


def test_a_mirror_is_held_to_the_same_pins(
    mortar: Mortar, whisper: Hosted, config: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mortar("pull", WHISPER) == 0
    config.write_text(config.read_text().replace(hub.base, hub.elsewhere))
    whisper.content += b"!"
    capsys.readouterr()
    assert mortar("pull", WHISPER) == 1
    assert "is another file" in one_line(capsys)


@pytest.mark.parametrize("is_right", [True, False])
def test_a_checksum_that_somebody_verified_counts_above_the_hub(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_right: bool
) -> None:
    """Not even --repin gets around it."""
    hosted = host_whisper(hub, data, tmp_path)
    sha256 = hosted.sha256 if is_right else "0" * 64
    catalogue = data / "catalogue.toml"
    catalogue.write_text(catalogue.read_text().replace('sha256 = "unknown"', f'sha256 = "{sha256}"'))
    assert mortar("pull", WHISPER, "--repin") == (0 if is_right else 1)
    assert installed(data).exists() == is_right
    if not is_right:
        assert "the catalogue has 000000000000" in one_line(capsys)


def test_a_damaged_lock_is_not_taken_for_an_empty_one(
    mortar: Mortar, whisper: Hosted, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or everything would be trusted anew."""
    (data / "models-lock.json").write_text('{"pins": {')
    assert mortar("pull", WHISPER) == 1
    assert "models-lock.json" in one_line(capsys)
    assert not installed(data).exists()


# --- the old one stays until the new one has answered ---


def test_what_does_not_answer_is_not_installed_and_the_old_one_stays(
    mortar: Mortar, whisper: Hosted, data: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole as the hub states it, and still no model. What came is kept: a second try fetches nothing."""
    assert mortar("pull", WHISPER) == 0
    was = whisper.content
    whisper.content = b"this is no model" * 1_000
    for _ in range(2):
        capsys.readouterr()
        assert mortar("pull", WHISPER, "--repin") == 1
        assert "does not answer" in one_line(capsys)
        assert (installed(data) / "ggml-toy.bin").read_bytes() == was
    assert len([one for one in hub.asked("GET") if one.path.startswith(stand_in.BYTES)]) == 2
    assert mortar("verify", WHISPER) == 0


def test_a_new_version_takes_the_place_of_the_old_one_and_leaves_no_other(
    mortar: Mortar, whisper: Hosted, data: Path
) -> None:
    assert mortar("pull", WHISPER) == 0
    whisper.content = whisper.content[:-4] + b"\1\0\0\0"
    assert mortar("pull", WHISPER, "--repin") == 0
    assert installed(data).readlink().name == "2"
    assert [path.name for path in (data / "model-versions" / WHISPER).iterdir()] == ["2"]
    assert mortar("verify", "all") == 0


def test_only_the_part_that_changed_is_fetched(mortar: Mortar, hub: Hub, data: Path, tmp_path: Path) -> None:
    hosted = host_voice(hub, data, tmp_path)
    assert mortar("pull", VOICE) == 0
    hosted["card"].content = b"License: CC0 1.0\n"
    hub.seen.clear()
    assert mortar("pull", VOICE, "--repin") == 0
    assert not [one for one in hub.asked("GET") if one.path.endswith(".onnx")]


def test_a_silent_voice_does_not_answer(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host_voice(hub, data, tmp_path, loudness=0.0)
    assert mortar("pull", VOICE) == 1
    assert "does not answer" in one_line(capsys)
    assert not installed(data, VOICE).exists()


def test_a_model_that_hangs_is_given_up(
    mortar: Mortar,
    whisper: Hosted,
    data: Path,
    config: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The trial's process starts, and waits for ever: it is ended, with all that it started."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, signal\nif sys.orig_argv[2:4] == ['-m', 'mortar.installing.engine']: signal.pause()\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    config.write_text(config.read_text().replace("trial_s = 100", "trial_s = 1"))
    assert mortar("pull", WHISPER) == 1
    assert "within 1 s" in one_line(capsys)
    assert not installed(data).exists()


def test_without_the_engine_it_is_installed_and_said_to_be_untried(
    mortar: Mortar,
    whisper: Hosted,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "_pywhispercpp.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    assert mortar("pull", WHISPER) == 0
    told = capsys.readouterr().out
    assert "not tried" in told and "pywhispercpp" in told
    assert installed(data).exists()


# --- what else happens ---


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
    stalled: subprocess.Popen[str], mortar: Mortar, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        assert mortar("pull", WHISPER) == 1
        assert "already" in one_line(capsys)
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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../etc", "no '../../etc'"),
        ("..", "no '..'"),
        ("nothing", "whisper-tiny"),
        ("cards", "comes with Mortar"),
        ("bluelm-v-3b", "never published"),
        ("llava-onevision-qwen2-0.5b", "no form that Mortar runs"),
    ],
)
def test_what_cannot_be_pulled_is_wrong_use(
    mortar: Mortar, name: str, said: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mortar("pull", name) == 2
    assert said in one_line(capsys)
    assert not list(data.iterdir())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("file", "../../.bashrc"),
        ("file", "/etc/passwd"),
        ("file", "a/../../b"),
        ("file", ".hidden"),
        ("repository", "../x"),
        ("repository", "maker/a/b"),
    ],
)
def test_a_catalogue_that_leads_elsewhere_is_refused(
    mortar: Mortar, whisper: Hosted, data: Path, capsys: pytest.CaptureFixture[str], key: str, value: str
) -> None:
    path = data / "catalogue.toml"
    lines = [
        f'{key} = "{value}"' if line.startswith(f"{key} =") else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines))
    assert mortar("pull", WHISPER) == 1
    assert key in one_line(capsys)


def test_a_folder_that_one_put_there_oneself_is_not_replaced(
    mortar: Mortar, whisper: Hosted, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = installed(data)
    mine.mkdir(parents=True)
    (mine / "own.bin").write_bytes(b"mine")
    assert mortar("pull", WHISPER) == 1
    assert "by hand" in one_line(capsys)
    assert (mine / "own.bin").read_bytes() == b"mine"


def test_a_hub_that_fails_for_good_leaves_what_came(mortar: Mortar, whisper: Hosted, data: Path) -> None:
    whisper.faults = [stand_in.cut(10_000), *[stand_in.status(404)] * TRIES]
    assert mortar("pull", WHISPER) == 1
    assert [path.stat().st_size for path in data.rglob("*.part")] == [10_000]
