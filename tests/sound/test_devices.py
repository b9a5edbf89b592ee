"""The live drivers on a virtual sound card, one at a time: PortAudio is one to a process."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mortar.drivers.microphone import open_microphone
from mortar.drivers.microphone_live import LiveMicrophone, MicrophoneGone
from mortar.drivers.mixer import turn_mixer
from mortar.drivers.recordings import RATE_Hz, Samples
from mortar.drivers.speaker import open_speaker
from mortar.settings import Microphone, RunOptions, Settings, Speaker
from virtual_sound import MICROPHONE, PATIENCE_S, VirtualSound, audible_ms
from voice.loops import in_loop
from voice.sounds import chunked, tone
from voices import in_room, speak

DRIVERS = ["portaudio", "alsa"]


def microphone(driver: str, device: str = "auto", echo: str = "none") -> LiveMicrophone:
    chosen = Microphone(device=device, driver=driver, echo_cancellation=echo)  # type: ignore[arg-type]
    opened = open_microphone(Settings(microphone=chosen), RunOptions())
    assert isinstance(opened, LiveMicrophone)
    return opened


async def heard(ears: LiveMicrophone, length_s: float) -> Samples:
    """The next sound of this length."""
    blocks: list[Samples] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(ears.blocks()) as sound:
        async for block in sound:
            blocks.append(block)
            if len(blocks) * len(block) >= length_s * RATE_Hz:
                break
    return np.concatenate(blocks)


def pitch_Hz(sound: Samples) -> float:
    """Of the strongest tone in it."""
    spectrum = np.abs(np.fft.rfft(sound.astype(float)))
    return float(np.argmax(spectrum) * RATE_Hz / len(sound))


@pytest.mark.parametrize("driver", DRIVERS)
@in_loop
async def test_a_microphone_gives_what_is_played_into_it(
    sound: VirtualSound, tmp_path: Path, driver: str
) -> None:
    """A stereo card at 44.1 kHz: the pitch is right at 16 kHz mono."""
    sound.plug_microphone(rate_Hz=44_100)
    wav = tmp_path / "tone.wav"
    soundfile.write(wav, np.tile(tone(1_000, 1_000.0), 60), 22_050)
    playing = sound.say(wav)
    try:
        samples = await heard(microphone(driver), 2.0)
    finally:
        playing.kill()
        playing.wait()
    assert samples.dtype == np.int16
    assert pitch_Hz(samples[-RATE_Hz:]) == pytest.approx(1_000, abs=5)


@pytest.mark.parametrize("driver", DRIVERS)
@in_loop
async def test_a_microphone_that_comes_back_is_used_again(sound: VirtualSound, driver: str) -> None:
    """Unplugged: said once the sound ends. Looked for: there is none. Plugged at another rate: heard."""
    sound.plug_microphone()
    ears = microphone(driver)
    gone: list[str] = []
    was_heard = False
    async with asyncio.timeout(PATIENCE_S):
        while len(gone) < 2 or not was_heard:
            try:
                async with aclosing(ears.blocks()) as blocks:
                    async for _ in blocks:
                        if gone:
                            was_heard = True
                            break
                        if sound.has_microphone:
                            await asyncio.to_thread(sound.unplug_microphone)
            except MicrophoneGone as error:
                gone.append(error.what)
                if len(gone) == 2:
                    await asyncio.to_thread(sound.plug_microphone, 44_100)
    assert MICROPHONE in gone[0]
    assert "there is none" in gone[1]


@pytest.mark.parametrize("driver", DRIVERS)
@in_loop
async def test_a_wrong_name_is_told_with_those_there_are(sound: VirtualSound, driver: str) -> None:
    """One line, from which a person can choose."""
    sound.plug_microphone()
    with pytest.raises(MicrophoneGone, match=rf"no such thing: there is {MICROPHONE}"):
        await heard(microphone(driver, device="no such thing"), 0.1)


@in_loop
async def test_a_speaker_sounds_as_high_and_as_long_as_it_should(sound: VirtualSound) -> None:
    """22.05 kHz mono on a stereo card at 44.1 kHz, also after the server has sent it to sleep."""
    speaker = open_speaker(Speaker(), RunOptions(), 22_050)
    for was_asleep in (False, True):
        if was_asleep:
            await asyncio.to_thread(sound.until_suspended)
        recording = await asyncio.to_thread(sound.record_speaker)
        began: list[float] = []
        await speaker.play(chunked(tone(1_000, 1_000.0)), began.append)
        heard = await asyncio.to_thread(recording.stop)
        audible = audible_ms(heard)
        assert 900 <= len(audible) * 20 <= 1_100
        first = round(audible[5] * RATE_Hz / 1_000)
        assert pitch_Hz(heard[first : first + RATE_Hz // 2]) == pytest.approx(1_000, abs=5)
        assert len(began) == 1
    speaker.close()


@in_loop
async def test_a_speaker_that_is_held_plays_on_from_there(sound: VirtualSound) -> None:
    """Silence for as long as it is held, and before and after it all of the tone."""
    speaker = open_speaker(Speaker(), RunOptions(), 22_050)
    recording = await asyncio.to_thread(sound.record_speaker)
    began = asyncio.Event()
    playing = asyncio.create_task(speaker.play(chunked(tone(1_000, 1_000.0)), lambda _: began.set()))
    await began.wait()
    speaker.is_held = True
    await asyncio.sleep(1.0)  # somebody speaks
    speaker.is_held = False
    await playing
    audible = audible_ms(await asyncio.to_thread(recording.stop))
    speaker.close()
    assert 900 <= len(audible) * 20 <= 1_100
    assert max(np.diff(audible)) >= 800


@in_loop
async def test_our_own_voice_is_taken_out(sound: VirtualSound, tmp_path: Path) -> None:
    """The speaker is looped into the microphone; when the canceller has learnt that, it is 10 dB quieter
    than without, and it leaves with the microphone."""
    sound.plug_microphone()
    sound.pactl("load-module", "module-loopback", "source=speaker.monitor", "sink=cable", "latency_msec=50")
    said = speak("one two three four five six seven eight nine ten")
    wav = tmp_path / "speech.wav"
    loudness = {}
    # Only what learns needs to hear it three times.
    for echo, sink, times in (("none", "speaker", 1), ("auto", "mortar-speaker", 3)):
        speech = in_room(*[said] * times)
        soundfile.write(wav, speech, RATE_Hz)
        ears = microphone("alsa", echo=echo)
        await heard(ears, 0.1)
        sounds = []
        async with asyncio.timeout(PATIENCE_S), aclosing(ears.blocks()) as blocks:
            playing = None
            async for block in blocks:
                if playing is None:
                    playing = sound.play(wav, sink)
                sounds.append(block)
                if playing.poll() is not None:
                    break
        learnt = np.concatenate(sounds)[len(speech) // 2 :].astype(float)
        loudness[echo] = float(np.sqrt(np.mean(np.square(learnt))))
    assert loudness["none"] > 300
    assert loudness["auto"] < loudness["none"] / 10 ** (10 / 20)
    assert "mortar-speaker" not in sound.pactl("list", "short", "sinks")


def test_the_volume_is_the_mixers(sound: VirtualSound) -> None:
    """To a figure, by a step, and not beyond the ends."""
    assert turn_mixer(Speaker(), 50, is_step=False) == 50
    assert "50%" in sound.pactl("get-sink-volume", "speaker")
    assert turn_mixer(Speaker(), -10, is_step=True) == 40
    assert turn_mixer(Speaker(), -100, is_step=True) == 0
    assert turn_mixer(Speaker(), 70, is_step=True) == 70
    assert turn_mixer(Speaker(), 70, is_step=True) == 100


def test_the_volume_is_turned_up_only_where_it_is_lower(sound: VirtualSound) -> None:
    """An alarm must be heard: nothing is turned down for it, and what is muted is not."""
    assert turn_mixer(Speaker(), 60, is_step=False) == 60
    sound.pactl("set-sink-mute", "speaker", "1")
    assert turn_mixer(Speaker(), 40, is_step=False, is_least=True) == 60
    assert "no" in sound.pactl("get-sink-mute", "speaker")
    assert turn_mixer(Speaker(), 5, is_step=False) == 5
    assert turn_mixer(Speaker(), 40, is_step=False, is_least=True) == 40
