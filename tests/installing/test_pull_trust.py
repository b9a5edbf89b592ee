"""What is trusted when a model is pulled: the catalogue, then a pin, then what the hub states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from installing import hub_stand_in as stand_in
from installing.hub_stand_in import Hosted, Hub
from installing.models import VOICE, WHISPER, Mortar, host_voice, host_whisper, installed
from mortar.installing.download import TRIES

pytestmark = pytest.mark.usefixtures("untried")


def test_another_file_than_the_pinned_one_is_refused_before_it_is_fetched(
    mortar: Mortar,
    whisper: Hosted,
    hub: Hub,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    one_line: Callable[[], str],
) -> None:
    """Also after the model was removed. --repin is how a person says that they know why."""
    assert mortar("pull", WHISPER) == 0
    was = whisper.content
    whisper.content = was + b"and more"
    hub.seen.clear()
    capsys.readouterr()
    assert mortar("pull", WHISPER) == 1
    assert "is another file" in (line := one_line()) and "--repin" in line
    assert not hub.asked("GET")
    assert (installed(data) / "ggml-toy.bin").read_bytes() == was
    assert mortar("remove", WHISPER) == 0
    assert mortar("pull", WHISPER) == 1
    whisper.content = was[:-4] + b"\1\0\0\0"
    assert mortar("pull", WHISPER) == 1
    assert mortar("pull", WHISPER, "--repin") == 0
    assert (installed(data) / "ggml-toy.bin").read_bytes() == whisper.content


def test_without_a_statement_the_pin_is_held_against_what_came(
    mortar: Mortar,
    hub: Hub,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    one_line: Callable[[], str],
) -> None:
    hosted = host_voice(hub, data, tmp_path)["card"]
    assert mortar("pull", VOICE) == 0
    hosted.content = b"License: another\n"
    capsys.readouterr()
    assert mortar("pull", VOICE) == 1
    assert "is another file" in one_line()
    assert (installed(data, VOICE) / "MODEL_CARD").read_text() == "License: CC0\n"


def test_a_mirror_is_held_to_the_same_pins(
    mortar: Mortar,
    whisper: Hosted,
    config: Path,
    hub: Hub,
    capsys: pytest.CaptureFixture[str],
    one_line: Callable[[], str],
) -> None:
    assert mortar("pull", WHISPER) == 0
    config.write_text(config.read_text().replace(hub.base, hub.elsewhere))
    whisper.content += b"!"
    capsys.readouterr()
    assert mortar("pull", WHISPER) == 1
    assert "is another file" in one_line()


@pytest.mark.parametrize("is_right", [True, False])
def test_a_checksum_that_somebody_verified_counts_above_the_hub(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, is_right: bool, one_line: Callable[[], str]
) -> None:
    """Not even --repin gets around it."""
    hosted = host_whisper(hub, data, tmp_path)
    sha256 = hosted.sha256 if is_right else "0" * 64
    catalogue = data / "catalogue.toml"
    catalogue.write_text(catalogue.read_text().replace('sha256 = "unknown"', f'sha256 = "{sha256}"'))
    assert mortar("pull", WHISPER, "--repin") == (0 if is_right else 1)
    assert installed(data).exists() == is_right
    if not is_right:
        assert "the catalogue has 000000000000" in one_line()


def test_a_damaged_lock_is_not_taken_for_an_empty_one(
    mortar: Mortar, whisper: Hosted, data: Path, one_line: Callable[[], str]
) -> None:
    """Or everything would be trusted anew."""
    (data / "models-lock.json").write_text('{"pins": {')
    assert mortar("pull", WHISPER) == 1
    assert "models-lock.json" in one_line()
    assert not installed(data).exists()


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
    mortar: Mortar, name: str, said: str, data: Path, one_line: Callable[[], str]
) -> None:
    assert mortar("pull", name) == 2
    assert said in one_line()
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
    mortar: Mortar, whisper: Hosted, data: Path, key: str, value: str, one_line: Callable[[], str]
) -> None:
    path = data / "catalogue.toml"
    lines = [
        f'{key} = "{value}"' if line.startswith(f"{key} =") else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines))
    assert mortar("pull", WHISPER) == 1
    assert key in one_line()


def test_a_folder_that_one_put_there_oneself_is_not_replaced(
    mortar: Mortar, whisper: Hosted, data: Path, one_line: Callable[[], str]
) -> None:
    mine = installed(data)
    mine.mkdir(parents=True)
    (mine / "own.bin").write_bytes(b"mine")
    assert mortar("pull", WHISPER) == 1
    assert "by hand" in one_line()
    assert (mine / "own.bin").read_bytes() == b"mine"


def test_a_hub_that_fails_for_good_leaves_what_came(mortar: Mortar, whisper: Hosted, data: Path) -> None:
    whisper.faults = [stand_in.cut(10_000), *[stand_in.status(404)] * TRIES]
    assert mortar("pull", WHISPER) == 1
    assert [path.stat().st_size for path in data.rglob("*.part")] == [10_000]
