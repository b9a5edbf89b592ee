"""Notes in the real process tree: spoken, kept, played and forgotten."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import soundfile

from mortar.drivers.recordings import load
from mortar.store import note_files, notes
from mortar.store.database import FILE, Database
from mortar_tools.program import environment, mortar
from scenes import table
from voices import RATE_Hz, in_room, pause, speak

NOTE = "the spare key is under the third flower pot"


def data(tmp_path: Path) -> Path:
    """Where the runs below `tmp_path` keep what they keep."""
    return Path(environment(tmp_path / "run")["XDG_DATA_HOME"]) / "mortar"


def asked(tmp_path: Path, *said: str) -> list[dict[str, object]]:
    """The exchanges of a run. "okay nabu" begins one; what has none follows on."""
    sounds = [pause(700)]
    for words in said:
        wake, _, rest = words.rpartition("okay nabu ")
        sounds += [pause(6_000), speak("okay nabu"), pause(400)] if wake or words != rest else [pause(300)]
        sounds += [speak(rest), pause(2_500)]
    soundfile.write(tmp_path / "q.wav", in_room(*sounds, pause(1_000)), RATE_Hz, subtype="PCM_16")
    ran = mortar(
        tmp_path / "run",
        *("run", "--json", "--fast", "--mic", tmp_path / "q.wav"),
        *("--camera", table(["cat"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    )
    assert ran.status == 0, ran.errors
    return [line for line in ran.lines if line["event"] == "exchange"]


def likeness(sound: np.ndarray, part: np.ndarray) -> float:
    """The largest correlation of `part` with any place in `sound`, 0..1."""
    n = len(sound) + len(part)
    across = np.fft.irfft(np.fft.rfft(sound, n) * np.conj(np.fft.rfft(part, n)), n)[: len(sound) - len(part)]
    squares = np.concatenate([[0.0], np.cumsum(sound**2)])
    powers = squares[len(part) :] - squares[: -len(part)]
    return float(np.max(across / np.sqrt(np.maximum(powers[: len(across)], 1.0) * np.sum(part**2))))


def test_a_note_is_kept_played_in_the_next_life_and_forgotten(tmp_path: Path) -> None:
    """With the bundled ears: they don't know the words, so the voice itself is what comes back."""
    exchanges = asked(tmp_path, "okay nabu remember this", NOTE)
    assert [held["answer"] for held in exchanges] == ["What shall I remember?", "I will remember that."]
    (note,) = notes.load(Database(data(tmp_path) / FILE))
    folder = data(tmp_path) / note_files.FOLDER
    assert [file.name for file in folder.iterdir()] == [note.file]
    assert stat.S_IMODE((folder / note.file).stat().st_mode) == 0o600
    recording = load(folder / note.file).astype(np.float64)
    assert likeness(recording, speak(NOTE).astype(np.float64)[: 2 * RATE_Hz]) > 0.9

    exchanges = asked(tmp_path, "okay nabu what did i ask you to remember")
    assert str(exchanges[0]["answer"]).startswith("You asked me to remember one thing. Today, at")
    played = load(tmp_path / "a.wav").astype(np.float64)
    assert likeness(played, recording) > 0.9, "it is heard from the speaker"

    exchanges = asked(tmp_path, "okay nabu forget the last note")
    assert str(exchanges[0]["answer"]).startswith("I have forgotten what you said today")
    assert notes.load(Database(data(tmp_path) / FILE)) == [] and list(folder.iterdir()) == []
