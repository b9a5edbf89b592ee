"""`mortar tools eval wake`: its sound comes from the seed, and its counts are those of the ears."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mortar.errors import MortarError
from mortar.runtimes import wake_words
from mortar.runtimes.microwakeword import MicroWakeWordSpotter
from mortar_tools.program import mortar
from mortar_tools.wake import sayings, sounds
from mortar_tools.wake.corpus import Kind, Part, folder_parts, made, parts
from mortar_tools.wake.figures import Heard, accepts, curve, rate_figure
from mortar_tools.wake.score import BLOCK, Said, scored
from voices import RATE_Hz, in_room, pause, speak

WORD = "okay_nabu"


@pytest.mark.parametrize("kind", list(Kind))
def test_a_part_of_the_corpus_comes_from_its_seed(kind: Kind) -> None:
    """The same seed gives the same samples, another seed others; nothing is silent or clipped."""
    sound = made(Part(kind, WORD, 7, 0))
    assert np.array_equal(sound.samples, made(Part(kind, WORD, 7, 0)).samples)
    assert not np.array_equal(sound.samples[:RATE_Hz], made(Part(kind, WORD, 8, 0)).samples[:RATE_Hz])
    assert 300 < np.abs(sound.samples.astype(int)).max() < 32_767
    assert bool(sound.sayings) is (kind in (Kind.WAKE, Kind.NEAR))


def test_the_corpus_has_what_was_asked_for() -> None:
    """So many sayings, and a third of the minutes of each kind."""
    kinds = [part.kind for part in parts(WORD, 5, 0.1, 7)]
    assert {kind: kinds.count(kind) for kind in Kind} == {
        Kind.WAKE: 5,
        Kind.NEAR: 5,
        **dict.fromkeys((Kind.SPEECH, Kind.MUSIC, Kind.HOUSEHOLD), 2),
    }
    assert Kind.NEAR not in [part.kind for part in parts("hey_computer", 5, 0.1, 7)]


def test_other_speech_never_has_the_word_in_it() -> None:
    """A sentence with it would be counted as heard for nothing."""
    rng = np.random.default_rng(0)
    for _ in range(500):
        assert "alexa" not in sayings.sentence("alexa", rng).split()
    for near in sayings.near_misses(WORD):
        assert sayings.wake_word(WORD) not in near


@pytest.mark.parametrize("kind", [sounds.music, sounds.household])
def test_sounds_change_all_the_time(kind) -> None:  # type: ignore[no-untyped-def]
    """Every second of a minute has sound, and no two seconds are alike."""
    seconds = kind(20 * RATE_Hz, np.random.default_rng(1)).reshape(20, RATE_Hz)
    assert np.isfinite(seconds).all() and (seconds.std(axis=1) > 1e-3).all()
    assert np.abs(np.corrcoef(seconds) - np.eye(20)).max() < 0.95


@pytest.mark.parametrize("cooldown_ms", [0, 1_000, 3_000])
def test_the_count_is_what_the_ears_hear(cooldown_ms: int) -> None:
    """At any cutoff and cooldown, over a track as over the sound itself."""
    said = [part for text in ("okay nabu", "okay nobody", "hey nabu") for part in (speak(text), pause(700))]
    sound = in_room(*said, *said, snr_dB=20)
    blocks = [sound[at : at + BLOCK] for at in range(0, len(sound), BLOCK)]
    word = wake_words.read(wake_words.known()[WORD])
    listening = MicroWakeWordSpotter([word], 0)
    track = np.array([listening.probabilities(block)[0] for block in blocks], np.float32)
    counts = []
    for sensitivity in (0.0, 0.5, 1.0):
        spotter = MicroWakeWordSpotter([word.at(sensitivity)], cooldown_ms)
        counts.append(sum(len(spotter.process(block)) for block in blocks))
        assert accepts(track, word.at(sensitivity).cutoff, cooldown_ms) == counts[-1]
    assert counts[-1] >= 2


def test_a_rates_interval_is_poissons() -> None:
    """Within 1 % of the exact one: 0 in an hour is up to 3.69, 10 in two hours are 2.40 to 9.20."""
    none, ten = rate_figure("x", 0, 1, 7), rate_figure("x", 10, 2, 7)
    assert none.interval == (0, pytest.approx(3.689, rel=0.01))
    assert (ten.value, ten.interval) == (5, pytest.approx((2.398, 9.195), rel=0.01))


def test_the_curve_gives_misses_for_false_accepts() -> None:
    """More sensitivity: fewer misses, never fewer false accepts of separate sounds."""
    rng = np.random.default_rng(3)
    wakes = tuple(Said(Kind.WAKE, "en-us", 20, float(p)) for p in rng.uniform(0.3, 1, 50))
    track = np.zeros(20_000, np.float32)
    track[100::200] = rng.uniform(0, 1, len(track[100::200]))
    word = wake_words.read(wake_words.known()[WORD])
    points = curve(Heard(wakes, ((Kind.SPEECH, track),)), word, 1_000, 7)
    missed, false = [p.misses.value for p in points], [p.false_accepts.value for p in points]
    assert missed == sorted(missed, reverse=True) and missed[0] > missed[-1]
    assert false == sorted(false) and false[0] < false[-1]


def test_a_saying_is_heard_where_it_is_said() -> None:
    """The recipe's positions are those of the sound."""
    word = wake_words.read(wake_words.known()["alexa"])
    found = [scored(word, Part(Kind.WAKE, "alexa", 7, number)).said for number in range(3)]
    assert all(one.probability > 0.5 for (one,) in found)


def recording(path: Path, text: str | None, *sound: np.ndarray) -> None:  # type: ignore[type-arg]
    soundfile.write(path, in_room(pause(900), *sound, pause(900)), RATE_Hz)
    if text is not None:
        path.with_suffix(".txt").write_text(text)


def test_recordings_of_ones_own(tmp_path: Path) -> None:
    """NAME.wav with NAME.txt: the text decides what is a saying."""
    recording(tmp_path / "1.wav", "Okay, Nabu!\n", speak("okay nabu"))
    recording(tmp_path / "2.flac", "What time is it?", speak("what time is it"))
    recording(tmp_path / "3.wav", None)
    kinds = [part.kind for part in folder_parts(tmp_path, WORD)]
    assert kinds == [Kind.WAKE, Kind.SPEECH, Kind.SPEECH]
    ran = mortar(tmp_path / "run", "tools", "eval", "wake", "--folder", tmp_path, "--json")
    assert ran.status == 0, ran.errors
    found = {line["name"]: line["value"] for line in ran.lines}
    assert found["missed"] == 0 and found["false_accepts_per_hour"] == 0


@pytest.mark.parametrize("text", ["okay nabu", "nothing"])
def test_a_folder_without_one_of_the_two_is_an_error(tmp_path: Path, text: str) -> None:
    """A rate of nothing is no figure."""
    recording(tmp_path / "1.wav", text)
    with pytest.raises(MortarError, match=str(tmp_path)):
        folder_parts(tmp_path, WORD)


def test_the_command_on_a_tiny_corpus(tmp_path: Path) -> None:
    """Figures with intervals as JSON lines, the curve behind them."""
    ran = mortar(
        tmp_path / "run", "tools", "eval", "wake", "--json", "--n", "2", "--hours", "0.05", "--word", "alexa"
    )
    assert ran.status == 0, ran.errors
    found = {line["name"]: line for line in ran.lines}
    assert found["missed"]["n"] == found["near_misses_heard"]["n"] == 2
    for kind in ("speech", "music", "household"):
        assert found[f"false_accepts_per_hour_{kind}"]["n"] == 1
    for line in ran.lines:
        low, high = line["interval"]
        assert low <= line["value"] <= high and line["seed"] == 7
    assert len([name for name in found if name.startswith("missed_at_")]) == 21


def test_the_curve_is_drawn(tmp_path: Path) -> None:
    """An SVG and its numbers in --out."""
    pytest.importorskip("matplotlib", reason="plots come with the tools extra")
    recording(tmp_path / "1.wav", "okay nabu", speak("okay nabu"))
    recording(tmp_path / "2.wav", "no", speak("what time is it"))
    out = tmp_path / "out"
    ran = mortar(tmp_path / "run", "tools", "eval", "wake", "--folder", tmp_path, "--out", out)
    assert ran.status == 0, ran.errors
    assert (out / "wake-okay_nabu.svg").read_text().count("operating point") == 2
    assert '"curve"' in (out / "wake-okay_nabu.json").read_text()


@pytest.mark.parametrize(
    "wrong",
    [["--n", "0"], ["--hours", "0"], ["--sensitivity", "2"], ["--seed", "-1"], ["--word", "okay_nubu"]],
)
def test_wrong_use_is_one_line(tmp_path: Path, wrong: list[str]) -> None:
    ran = mortar(tmp_path / "run", "tools", "eval", "wake", *wrong)
    assert ran.status == 2
    assert ran.errors.count("\n") == 1
