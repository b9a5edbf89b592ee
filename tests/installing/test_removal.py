"""`mortar models list · verify · remove`, and installed models by their names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from installing.hub_stand_in import Hosted
from installing.models import WHISPER, Mortar, installed
from mortar import catalogue, resources
from mortar.commands import main
from mortar.errors import UsageError
from mortar.installing.folders import named_model
from mortar.settings import Cascade, RunOptions, Settings
from mortar.tiers import tiers

pytestmark = pytest.mark.usefixtures("untried")

Lines = Callable[[], list[dict[str, object]]]
OneLine = Callable[[], str]


@pytest.fixture
def pulled(mortar: Mortar, whisper: Hosted, capsys: pytest.CaptureFixture[str]) -> Hosted:
    """Is installed, as the only one."""
    assert mortar("pull", WHISPER) == 0
    capsys.readouterr()
    return whisper


def state_of(name: str, lines: list[dict[str, object]]) -> object:
    return next(line["state"] for line in lines if line["name"] == name)


def test_the_list_has_every_model_that_is_known_or_there(
    mortar: Mortar, pulled: Hosted, data: Path, config: Path, json_lines: Lines
) -> None:
    """What is installed says so, and which setting names it; sizes are the installed ones then."""
    (data / "models" / "my-own").mkdir()
    with config.open("a") as file:
        file.write(f'[listen]\nengine = "whisper"\nmodel = "{WHISPER}"\n')
    assert mortar("list", "--json") == 0
    lines = json_lines()
    assert {line["name"] for line in lines} == {*catalogue.entries(), "my-own"}
    assert state_of(WHISPER, lines) == "installed, in use (listen.model)"
    assert state_of("my-own", lines) == "put there by hand"
    assert state_of("cards", lines) == "bundled"
    assert state_of("smolvlm-256m-instruct", lines) == "can be pulled"
    assert state_of("bluelm-v-3b", lines) == "not published"
    sizes = {line["name"]: line["size_MB"] for line in lines}
    assert sizes[WHISPER] == len(pulled.content) / 1e6
    assert sizes["smolvlm-256m-instruct"] is None


def test_people_get_a_table(mortar: Mortar, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mortar("list") == 0
    table = capsys.readouterr().out
    assert all(name in table for name in catalogue.entries())


def test_an_installed_model_that_left_the_catalogue_is_still_listed(
    mortar: Mortar, pulled: Hosted, data: Path, json_lines: Lines
) -> None:
    (data / "catalogue.toml").unlink()
    assert mortar("list", "--json") == 0
    assert state_of(WHISPER, json_lines()) == "installed"
    assert mortar("remove", WHISPER) == 0


def test_whole_files_are_verified(mortar: Mortar, pulled: Hosted, json_lines: Lines) -> None:
    assert mortar("verify", "all", "--json") == 0
    (line,) = json_lines()
    assert (line["file"], line["state"], line["sha256"]) == ("ggml-toy.bin", "whole", pulled.sha256)


@pytest.mark.parametrize(
    ("damage", "state"), [("flip", "damaged"), ("cut", "damaged"), ("delete", "missing")]
)
def test_a_damaged_file_is_found_and_pulled_again(
    mortar: Mortar, pulled: Hosted, data: Path, json_lines: Lines, one_line: OneLine, damage: str, state: str
) -> None:
    """One bit is enough. Nothing else is fetched, and then all is well."""
    path = installed(data) / "ggml-toy.bin"
    content = bytearray(pulled.content)
    content[1_000] ^= 1
    match damage:
        case "flip":
            path.write_bytes(content)
        case "cut":
            path.write_bytes(pulled.content[:-1])
        case "delete":
            path.unlink()
    assert mortar("verify", WHISPER, "--json") == 1
    assert json_lines()[0]["state"] == state
    assert mortar("verify", WHISPER) == 1
    assert f"models pull {WHISPER}" in one_line()
    assert mortar("pull", WHISPER) == 0
    assert mortar("verify", WHISPER) == 0
    assert path.read_bytes() == pulled.content


def test_verifying_nothing_is_no_failure(mortar: Mortar, data: Path) -> None:
    assert mortar("verify", "all") == 0


@pytest.mark.parametrize("action", ["verify", "remove"])
@pytest.mark.parametrize("name", ["nobody", "..", "../models", "/", "", ".", "my-own"])
def test_what_was_not_pulled_is_neither_verified_nor_removed(
    mortar: Mortar, data: Path, one_line: OneLine, action: str, name: str
) -> None:
    """Above all nothing outside of the folder, and nothing that a person put there."""
    (data / "models" / "my-own").mkdir(parents=True)
    assert mortar(action, name) == 2
    assert "was not pulled" in one_line()
    assert (data / "models" / "my-own").is_dir()


def test_a_removed_model_leaves_nothing_but_its_pin(mortar: Mortar, pulled: Hosted, data: Path) -> None:
    assert mortar("remove", WHISPER) == 0
    assert [path.name for path in data.rglob("*") if WHISPER in path.name or path.suffix == ".bin"] == []
    assert WHISPER in (data / "models-lock.json").read_text()
    assert mortar("verify", "all") == 0


@pytest.mark.parametrize(
    "section",
    [
        '[listen]\nengine = "whisper"\nmodel = "{name}"',
        '[voice]\nengine = "piper"\nmodel = "{name}"',
        '[cascade]\nmodels = ["base", "{name}"]',
        '[language]\ndraft_model = "{name}"',
    ],
)
def test_what_the_settings_name_is_not_removed(
    mortar: Mortar, pulled: Hosted, data: Path, config: Path, one_line: OneLine, section: str
) -> None:
    """Or the next start would fail."""
    before = config.read_text()
    config.write_text(f"{before}{section.format(name=WHISPER)}\n")
    assert mortar("remove", WHISPER) == 1
    assert "in use" in one_line()
    assert installed(data).exists()
    config.write_text(before)
    assert mortar("remove", WHISPER) == 0


def test_a_name_is_an_installed_model_first_and_a_folder_then(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "models" / "mine").mkdir(parents=True)
    for name in ("mine", "beside"):
        (tmp_path / "here" / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert named_model("mine") == str(data / "models" / "mine")
    assert named_model("./mine") == "./mine"
    assert named_model("beside") == "beside"
    assert named_model(None) is None
    with pytest.raises(UsageError, match="mine") as caught:
        named_model("nobody")
    assert caught.value.code == "model-unknown"


def test_the_cascade_finds_installed_models_by_their_names(data: Path) -> None:
    (data / "models" / "mine").mkdir(parents=True)
    settings = Settings(cascade=Cascade(models=["small", "mine", "/elsewhere/other"]))
    found = {tier.name: tier.folder for tier in tiers(RunOptions(), settings)}
    assert found["mine"] == data / "models" / "mine"
    assert found["other"] == Path("/elsewhere/other")
    assert found["small"] == resources.bundled_model() / "small"


def test_an_unknown_model_is_wrong_use(data: Path, tmp_path: Path, one_line: OneLine) -> None:
    """Before a process is started for it."""
    (tmp_path / "picture.png").write_bytes(b"")
    assert main(["describe", str(tmp_path / "picture.png"), "--model", "nobody"]) == 2
    assert "mortar models pull nobody" in one_line()
