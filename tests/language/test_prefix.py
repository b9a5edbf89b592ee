"""What prompts begin with is read once, kept on disk, and taken from there: whole, checked, or not at all."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from language.played import ROOMY, brick_and_eye, bundled_with
from language.simulated import SimulatedModel
from mortar.bricks.language import state_files
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prefix import Prefix
from mortar.bricks.language.state_files import StateFiles
from mortar.errors import MortarError
from mortar.messages import Answered, Ask, Failure, JobEnded, Report
from mortar.runtimes.interfaces import Abilities

SYSTEM = "you see a table with cards on it and you are asked what there is on it " * 4


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The bundled model with a long begin of its prompts."""
    return bundled_with(tmp_path / "model", 'begin = "<|bos|>"', f'begin = "<|bos|>{SYSTEM}"')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the states are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/mortar/prefixes"


class Run:
    """One start of the brick: its figures once it is idle, what failed, and an answer."""

    figures: dict[str, object]
    answer: str
    failed: list[str]


def started_once(model: Path) -> Run:
    run = Run()

    async def scenario() -> None:
        async with brick_and_eye(ROOMY, model) as (brick, _):
            supervisor = brick["supervisor"]
            brick["assistant"].send(Ask(1, "what do you see", look=False))
            run.answer = (await brick["assistant"].expect(Answered)).text
            figures: dict[str, object] = {}
            while figures.get("context_tok") != figures.get("prefix_tok", -1):
                figures = (await supervisor.expect(Report)).figures
            if not figures["prefix_restored"]:
                await supervisor.expect(JobEnded)  # of the reading that was reported
                await supervisor.expect(JobEnded)  # of keeping it
            run.figures = figures
            run.failed = [message.code for message in supervisor.seen if isinstance(message, Failure)]

    asyncio.run(scenario())
    return run


def test_the_second_start_reads_nothing_of_the_prefix(model: Path, folder: Path) -> None:
    """And answers as the first did. The file is its owner's alone."""
    cold, warm = started_once(model), started_once(model)
    assert (cold.figures["prefix_restored"], warm.figures["prefix_restored"]) == (False, True)
    assert cold.figures["prefix_tok"] == warm.figures["prefix_tok"] > 32  # type: ignore[operator]
    assert warm.answer == cold.answer
    (path,) = folder.glob("*.state")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_start_that_has_nothing_to_read_says_so(model: Path, folder: Path) -> None:
    """Before anybody has asked anything, the status has it that the prefix is held."""
    started_once(model)

    async def scenario() -> None:
        async with brick_and_eye(ROOMY, model) as (brick, _):
            figures = (await brick["supervisor"].expect(Report)).figures
            assert figures["prefix_restored"] and figures["context_tok"] == figures["prefix_tok"]

    asyncio.run(scenario())


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut_short, emptied, one_bit])
def test_a_damaged_file_is_found_told_and_made_again(model: Path, folder: Path, damage: object) -> None:
    """The engine never sees it."""
    whole = started_once(model)
    (path,) = folder.glob("*.state")
    damage(path)  # type: ignore[operator]
    mended = started_once(model)
    assert mended.failed == ["prefix-damaged"] and mended.answer == whole.answer
    assert not mended.figures["prefix_restored"]
    assert started_once(model).figures["prefix_restored"]


def test_where_nothing_can_be_kept_it_is_told_once_and_all_goes_on(model: Path, folder: Path) -> None:
    folder.parent.parent.mkdir()
    folder.parent.write_text("a file in the folder's place")
    run = started_once(model)
    assert run.failed == ["prefix-unkept"] and run.answer


def test_a_short_prefix_is_not_kept(folder: Path) -> None:
    """That of the bundled model is one token."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, _):
            report = await brick["supervisor"].expect(Report)
            assert "prefix_tok" not in report.figures

    asyncio.run(scenario())
    assert not folder.exists()


# --- the files ---


def test_a_full_disk_leaves_what_there_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    files = StateFiles(tmp_path, lambda error: told.append(error.what))
    files.keep("first", b"state")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mortar.whole_files.os.fsync", full)
    files.keep("second", b"another")
    files.keep("third", b"another")
    assert len(told) == 1 and "No space left" in told[0]
    monkeypatch.undo()
    again = StateFiles(tmp_path, pytest.fail)
    assert again.load("first") == b"state" and again.load("second") is None
    assert [path.name for path in tmp_path.iterdir()] == ["first.state"]


def test_a_file_under_another_name_is_found_out(tmp_path: Path) -> None:
    """What is kept for one model is never taken for another's."""
    told: list[str] = []
    files = StateFiles(tmp_path, lambda error: told.append(error.code))
    files.keep("one", b"state")
    (tmp_path / "one.state").rename(tmp_path / "other.state")
    assert files.load("other") is None and told == ["prefix-damaged"]


def test_the_longest_unused_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by size; what is too large for all of it is not kept at all."""

    def unexpected(error: MortarError) -> None:
        raise error

    files = StateFiles(tmp_path, unexpected)
    monkeypatch.setattr(state_files, "MOST_FILES", 3)
    for name in "abc":
        files.keep(name, b"state")
    assert files.load("a") is not None  # used again: b is the oldest now
    files.keep("d", b"state")
    assert {path.stem for path in tmp_path.iterdir()} == {"a", "c", "d"}
    monkeypatch.setattr(state_files, "MOST_BYTES", 80)
    files.keep("e", b"state")
    assert {path.stem for path in tmp_path.iterdir()} == {"d", "e"}
    files.keep("f", bytes(80))
    assert files.load("f") is None and files.load("e") is not None


# --- with a model ---


def test_a_model_that_must_forget_all_takes_its_prefix_from_the_disk_each_time(tmp_path: Path) -> None:
    """A recurrent one: only what follows the prefix is read again."""
    model = SimulatedModel(Abilities(forgets=False, cuts=False, splits_pictures=True))
    prefix = Prefix(range(40), "0" * 64, model, StateFiles(tmp_path, pytest.fail))
    memory = Memory(model, 16, prefix)
    memory.bring([*range(40), 100, 101], None)
    prefix.write()
    model.read_tok = 0
    read = memory.bring([*range(40), 200], None)
    assert (model.read_tok, read.reused_tok, read.read_tok) == (1, 40, 1)
    assert [cell.entry for cell in model.cells] == [*range(40), 200]


@pytest.mark.parametrize(
    ("sha256", "form", "tokens"),
    [("1" * 64, "simulated", range(40)), ("0" * 64, "other", range(40)), ("0" * 64, "simulated", range(41))],
)
def test_another_model_build_or_prompt_has_another_file(
    tmp_path: Path, sha256: str, form: str, tokens: range
) -> None:
    model = SimulatedModel(Abilities(True, True, True))
    files = StateFiles(tmp_path, pytest.fail)
    prefix = Prefix(range(40), "0" * 64, model, files)
    Memory(model, 16, prefix).bring(list(range(40)), None)
    prefix.write()
    model.keep(0)
    model.state_form = form
    assert Prefix(tokens, sha256, model, files).restore(model) is False
