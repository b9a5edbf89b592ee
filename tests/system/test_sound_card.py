"""The real driver, live: sound into a virtual microphone, answers out of a virtual speaker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from mortar_tools.program import Running
from scenes import table
from system.recordings import WAKE, ask
from virtual_sound import MICROPHONE, VirtualSound, audible_ms
from voices import RATE_Hz, in_room, pause, speak


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualSound]:
    with VirtualSound(tmp_path / "sound") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.plug_microphone()
        yield server


def running(tmp_path: Path, driver: str) -> Running:
    """Without echo cancellation: PulseAudio needs real time for it, which a busy computer does not have.
    With patience, for the same reason: a microphone must be found gone before nobody has spoken."""
    config = tmp_path / "mortar.toml"
    config.write_text(
        f'[microphone]\ndriver = "{driver}"\necho_cancellation = "none"\n[ears]\nstart_patience_ms = 60000\n'
        "[assistant]\nfollow_up_ms = 0\n"
    )
    camera = table(["cat"], tmp_path / "p.png")
    return Running(tmp_path / "run", ["run", "--json", "--config", config, "--camera", camera])


def figures(run: Running, process: str) -> dict[str, object]:
    shown: dict[str, object] = run.status()["processes"][process]["figures"]
    return shown


def answered(sound: VirtualSound, run: Running, question: Path) -> None:
    """Ask through the air; the answer is heard on the speaker, and after the question."""
    recording = sound.record_speaker()
    said = sound.say(question)
    run.until("listen_start")
    run.until("speech_end")
    asked_at = len(recording)
    exchange = run.until("exchange")
    assert said.wait() == 0
    assert exchange["trouble"] is None
    assert exchange["intent"] == "Time"
    heard = audible_ms(recording.stop()[asked_at:])
    assert len(heard) * 20 > 500, "the answer lasts"
    spoken = next(line for line in reversed(run.seen) if line["event"] == "first_sound")
    assert spoken["t_ms"] > next(line for line in reversed(run.seen) if line["event"] == "speech_end")["t_ms"]


@pytest.mark.parametrize("driver", ["portaudio", pytest.param("alsa", marks=pytest.mark.slow)])
def test_a_microphone_that_is_unplugged_and_plugged_again(
    sound: VirtualSound, tmp_path: Path, driver: str
) -> None:
    """A question and its answer; the device goes while the next question is awaited, which is said and
    ends that turn; with the device back, everything is as before, at another rate and after the speaker
    was suspended."""
    question = ask(tmp_path / "q.wav", "what time is it")
    wake = tmp_path / "wake.wav"
    soundfile.write(wake, in_room(pause(700), speak(WAKE), pause(1_000)), RATE_Hz)
    with running(tmp_path, driver) as run:
        for _ in range(2):
            run.until("ready", "microphone_open")
        answered(sound, run, question)
        assert MICROPHONE in str(figures(run, "ears")["microphone"])
        assert "speaker" in str(figures(run, "voice")["speaker"])

        said = sound.say(wake)
        run.until("listen_start")
        sound.unplug_microphone()
        run.until("error")
        exchange = run.until("exchange")
        said.wait()
        assert exchange["trouble"] == "microphone-missing"
        assert "microphone has gone" in exchange["answer"]
        assert str(figures(run, "ears")["microphone"]).startswith("waiting: ")

        sound.until_suspended()
        sound.plug_microphone(rate_Hz=44_100)
        run.until("microphone_open")
        answered(sound, run, question)
        assert [line for line in run.seen if line["event"] == "restart"] == []
