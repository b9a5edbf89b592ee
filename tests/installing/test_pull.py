"""`mortar models pull`, driven as a person does: what is there when all goes well."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from installing import hub_stand_in as stand_in
from installing.hub_stand_in import Hosted, Hub
from installing.models import CARDS, VOICE, WHISPER, Mortar, host_cards, host_voice, installed
from mortar import resources
from mortar.commands import main
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.piper import voice_file


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
    mortar: Mortar, whisper: Hosted, json_lines: Callable[[], list[dict[str, object]]]
) -> None:
    assert mortar("pull", WHISPER, "--json") == 0
    events = json_lines()
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

    picture = str(resources.session_folder() / "1-what-do-you-see.png")
    assert main(["describe", picture, "--model", CARDS, "--config", str(config)]) == 0
    assert capsys.readouterr().out.strip()
