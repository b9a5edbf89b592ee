"""`mortar tools eval ears`: its sound comes from the seed, its counts are right, confusions are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mortar.assistant.intents import Understanding
from mortar.errors import MortarError
from mortar.settings import Recogniser
from mortar_tools.ears.corpus import (
    CONDITIONS,
    LONGEST,
    VOICES,
    Kind,
    LEAD_ms,
    TRAIL_ms,
    Utterance,
    folder_utterances,
    made,
    other_speech,
    utterances,
)
from mortar_tools.ears.figures import Confusion, by_voice, confusions, figures
from mortar_tools.ears.hearing import Heard, hear
from mortar_tools.program import mortar
from voices import RATE_Hz, in_room, pause, speak

LEAD, TRAIL = (length_ms * RATE_Hz // 1_000 for length_ms in (LEAD_ms, TRAIL_ms))


def asked(text: str, kind: Kind = Kind.QUESTION, condition: str = "20 dB", voice: str = "en-us") -> Utterance:
    return Utterance(kind, text, voice, condition, 160, 7, 3)


def heard(utterance: Utterance, text: str | None) -> Heard:
    """As if the recogniser had said `text`."""
    understanding = Understanding()
    meant = understanding.understand(text) if text else None
    return Heard(utterance, text, 1.0, meant is not None, meant == understanding.understand(utterance.asked))


def test_other_speech_is_no_template() -> None:
    """Neither a sentence of the list nor a row of words is a command; there are 60 sentences at least."""
    understanding = Understanding()
    texts = other_speech()
    assert len(set(texts)) == len(texts) >= 60
    rows = [one.asked for one in utterances(1, 7, ["silence"]) if one.kind is Kind.ROW]
    assert [text for text in (*texts, *rows) if understanding.understand(text)] == []


def test_every_voice_says_as_much_under_every_condition() -> None:
    """The same sayings, of as many questions as other sentences, and every question is a template's."""
    understanding, corpus = Understanding(), utterances(8, 7, list(CONDITIONS))
    first = [one for one in corpus if one.condition == "20 dB"]
    for condition in CONDITIONS:
        here = [one for one in corpus if one.condition == condition]
        assert [(one.asked, one.voice, one.words_per_minute) for one in here] == [
            (one.asked, one.voice, one.words_per_minute) for one in first
        ]
    for voice in VOICES:
        kinds = [one.kind for one in first if one.voice == voice]
        assert [kinds.count(kind) for kind in Kind] == [8, 8, 2]
    assert all(understanding.understand(one.asked) for one in first if one.kind is Kind.QUESTION)
    assert {one.asked for one in first if one.kind is Kind.OTHER} == set(other_speech())
    assert first != utterances(8, 8, ["20 dB"])


@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_utterance_has_the_noise_that_its_condition_says(condition: str) -> None:
    """Within 0.2 dB of the SNR; digital silence is nothing but zeros. Always the same sound."""
    utterance = asked("what time is it", condition=condition)
    sound = made(utterance).astype(float)
    assert np.array_equal(sound, made(utterance))
    clean = made(asked("what time is it", condition="silence")).astype(float)
    assert not clean[:LEAD].any() and not clean[-TRAIL:].any()
    noise, speech = sound - clean, clean[LEAD:-TRAIL]
    if CONDITIONS[condition].noise is None:
        assert not noise.any()
    else:
        snr_dB = 10 * np.log10(np.mean(np.square(speech)) / np.mean(np.square(noise)))
        assert snr_dB == pytest.approx(CONDITIONS[condition].snr_dB, abs=0.2)


def test_what_is_said_clearly_is_understood() -> None:
    one = hear(Recogniser.BUNDLED, "en", asked("what time is it"))
    assert (one.text, one.is_command, one.is_understood) == ("what time is it", True, True)
    assert 0 < one.confidence <= 1


def test_shares_count_what_they_say() -> None:
    """Another wording of the same is understood; other speech is taken only where a command is heard."""
    found = [
        heard(asked("what time is it"), "what time is it"),
        heard(asked("what time is it"), "what is the time"),
        heard(asked("what time is it", voice="en-gb"), "what day is it"),
        heard(asked("what time is it", voice="en-gb"), None),
        heard(asked("dinner is ready", Kind.OTHER), "stop"),
        heard(asked("dinner is ready", Kind.OTHER), "dinner is"),
        heard(asked("dinner is ready", Kind.OTHER), None),
        heard(asked("aardvark zebra", Kind.ROW), None),
        heard(asked("stop", condition="silence"), "stop"),
    ]
    assert {one.name: (one.value, one.n) for one in figures(found, 7)} == {
        "understood_20_dB": (0.5, 4),
        "heard_exactly_20_dB": (0.25, 4),
        "other_speech_taken_20_dB": (0.3333, 3),
        "word_rows_taken_20_dB": (0, 1),
        "understood_silence": (1, 1),
        "heard_exactly_silence": (1, 1),
    }
    assert {name: one.value for name, one in by_voice(found, "20 dB", 7).items()} == {"en-us": 1, "en-gb": 0}


def test_confusions_come_most_frequent_first() -> None:
    """Counted by condition, in the order of their pairs over all conditions; what was understood is none."""
    here, there = asked("stop"), asked("stop", condition="10 dB")
    found = [
        heard(asked("help"), "stop"),
        heard(asked("help"), "stop"),
        *[heard(one, None) for one in (here, there, there)],
        heard(asked("what time is it"), "what is the time"),
        heard(asked("come here", Kind.OTHER), "count the cars"),
        heard(asked("not now", Kind.OTHER), None),
    ]
    assert confusions(found) == [
        Confusion("stop", None, "20 dB", 1),
        Confusion("stop", None, "10 dB", 2),
        Confusion("help", "stop", "20 dB", 2),
        Confusion("come here", "count the cars", "20 dB", 1),
    ]


def record(path: Path, text: str | None, said: str) -> None:
    soundfile.write(path, in_room(pause(300), speak(said), pause(160)), RATE_Hz)
    if text is not None:
        path.with_suffix(".txt").write_text(text)


def test_recordings_of_ones_own(tmp_path: Path) -> None:
    """NAME.wav with NAME.txt: a text that is a template's is a question, with the wake word before it too."""
    record(tmp_path / "1.wav", "Okay, Nabu! What time is it?\n", "okay nabu what time is it")
    record(tmp_path / "2.flac", "The train leaves from platform nine.", "the train leaves from platform nine")
    record(tmp_path / "3.wav", None, "shall i make us a cup of tea")
    found = folder_utterances(tmp_path)
    assert [(one.kind, one.asked) for one in found] == [
        (Kind.QUESTION, "what time is it"),
        (Kind.OTHER, "the train leaves from platform nine"),
        (Kind.OTHER, ""),
    ]
    ran = mortar(tmp_path / "run", "tools", "eval", "ears", "--folder", tmp_path, "--json")
    assert ran.status == 0, ran.errors
    shares = {line["name"]: (line["value"], line["n"]) for line in ran.lines if "name" in line}
    assert shares["understood_recordings"] == (1, 1) and shares["other_speech_taken_recordings"][1] == 2
    assert set(shares) == {
        f"{name}_recordings" for name in ("understood", "heard_exactly", "other_speech_taken")
    }


def test_of_a_long_recording_counts_what_the_ears_would_hand_on(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "1.wav", np.zeros(LONGEST + RATE_Hz), RATE_Hz)
    assert len(made(Utterance(Kind.OTHER, "", "1", file=tmp_path / "1.wav"))) == LONGEST


def test_a_folder_without_a_question_is_an_error(tmp_path: Path) -> None:
    record(tmp_path / "1.wav", "the train leaves from platform nine", "stop")
    with pytest.raises(MortarError, match=str(tmp_path)):
        folder_utterances(tmp_path)


def test_a_damaged_recording_is_one_line(tmp_path: Path) -> None:
    """What fails in another process is told like everything else."""
    (tmp_path / "1.wav").write_bytes(b"no sound")
    (tmp_path / "1.txt").write_text("stop")
    ran = mortar(tmp_path / "run", "tools", "eval", "ears", "--folder", tmp_path)
    assert ran.status == 1
    assert "1.wav is not sound" in ran.errors and ran.errors.count("\n") == 1


def test_the_command_on_a_tiny_corpus(tmp_path: Path) -> None:
    """Each utterance, the figures of all and of each voice, and the confusions, a JSON object a line."""
    ran = mortar(tmp_path / "run", "tools", "eval", "ears", "--n", "1", "-c", "silence", "--json", "--each")
    assert ran.status == 0, ran.errors
    each = [line for line in ran.lines if "confidence" in line]
    assert {line["voice"] for line in each} == set(VOICES) and len(each) == 3 * len(VOICES)
    found = {line["name"]: line for line in ran.lines if "name" in line}
    assert found["understood_silence"]["n"] == found["other_speech_taken_silence"]["n"] == len(VOICES)
    assert {f"understood_silence_{voice}" for voice in VOICES} < set(found)
    for line in found.values():
        low, high = line["interval"]
        assert low <= line["value"] <= high and line["seed"] == 7
    wrong = sum(line["n"] for line in ran.lines if line.keys() == {"asked", "heard", "condition", "n"})
    missed = len(VOICES) * (1 - found["understood_silence"]["value"])
    taken = sum(
        found[name]["value"] * found[name]["n"]
        for name in ("other_speech_taken_silence", "word_rows_taken_silence")
    )
    assert wrong == round(missed + taken)


def test_the_shares_are_drawn(tmp_path: Path) -> None:
    """An SVG and its numbers in --out; people see the confusions."""
    pytest.importorskip("matplotlib", reason="plots come with the tools extra")
    record(tmp_path / "1.wav", "what time is it", "what time is it")
    record(tmp_path / "2.wav", "stop", "help")
    out = tmp_path / "out"
    ran = mortar(tmp_path / "run", "tools", "eval", "ears", "--folder", tmp_path, "--out", out)
    assert ran.status == 0, ran.errors
    assert "understood" in (out / "ears.svg").read_text()
    assert '"confusions"' in (out / "ears.json").read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--n", "0"],
        ["--seed", "-1"],
        ["--condition", "5 dB"],
        ["--each"],
        ["--folder", ".", "--condition", "20 dB"],
        ["--out", "/proc/nowhere"],
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, wrong: list[str]) -> None:
    ran = mortar(tmp_path / "run", "tools", "eval", "ears", *wrong)
    assert ran.status == 2
    assert ran.errors.count("\n") == 1
