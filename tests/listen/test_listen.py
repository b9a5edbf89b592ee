"""Listen as a real worker, with the real recogniser, on synthetic speakers in a ring that tests write."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import numpy as np
import pytest

from harness import Brick, started
from listen.toy_models import SENTENCE, sherpa_folder, whisper_file
from mortar.bricks import listen
from mortar.messages import (
    Abort,
    Audio,
    AudioLost,
    AudioTaken,
    Heard,
    JobBegan,
    Outlook,
    Partial,
    Ready,
    Remark,
    Remarked,
    SpeechJudged,
    SpeechPaused,
)
from mortar.rings.audio_ring import AudioRingWriter
from mortar.runtimes.interfaces import Samples
from mortar.settings import Listening, Recogniser, Settings
from voices import RATE_Hz, in_room, pause, speak

PEERS = ["assistant", "ears"]

BLOCK = RATE_Hz // 4


class Ears:
    """The writing end of the audio ring, as the ears hold it."""

    def __init__(self, brick: Brick) -> None:
        self._peer = brick["ears"]
        self.ring = AudioRingWriter(30 * RATE_Hz)
        self._peer.send(self.ring.offer(), [self.ring.descriptor])

    def say(self, utterance: int, sound: Samples, *, finish: bool = True) -> None:
        """Write `sound` and hand it over in blocks, as it is spoken."""
        begin = self.ring.position
        self.ring.write(sound)
        edges = [*range(begin, self.ring.position, BLOCK), self.ring.position]
        for first, end in itertools.pairwise(edges):
            last = finish and end == self.ring.position
            self.ring.lend(utterance, first, end)
            self._peer.send(Audio(utterance, first, end, last))

    def remark(self, number: int, words: str) -> None:
        """Somebody says `words` over the assistant."""
        begin = self.ring.position
        sound = in_room(pause(256), speak(words), pause(160))
        loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 1_000)
        self.ring.write(sound)
        loud_from, loud_to = begin + int(loud[0]), begin + int(loud[-1])
        self._peer.send(Remark(number, begin, self.ring.position, loud_from, loud_to))


def question(text: str, voice: str = "en-us", snr_dB: float = 35.0) -> Samples:
    return in_room(pause(300), speak(text, voice), pause(160), snr_dB=snr_dB)


@pytest.mark.parametrize("snr_dB", [35.0, 20.0])
@pytest.mark.parametrize("voice", ["en-us", "en-us+m3", "en-us+f2"])
def test_what_was_asked_is_heard(voice: str, snr_dB: float) -> None:
    """Exact text, also in noise, block by block from the ring."""
    asked = ["what do you see", "how many dogs are there", "is there a banana"]

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            for utterance, text in enumerate(asked, start=1):
                sound = question(text, voice, snr_dB)
                ears.say(utterance, sound)
                heard = await brick["assistant"].expect(Heard)
                assert (heard.utterance, heard.text) == (utterance, text)
                assert 0.5 <= heard.confidence <= 1

    asyncio.run(scenario())


def test_a_pause_is_recognised_at_once_and_thrown_away_if_more_is_said() -> None:
    """Hesitating inside a question changes nothing of what is heard."""
    whole = in_room(speak("how many dogs"), pause(500), speak("are there"), pause(160))
    middle = len(speak("how many dogs")) + 400 * RATE_Hz // 1_000

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            ears.say(1, whole[:middle], finish=False)
            brick["ears"].send(SpeechPaused(1, ears.ring.position))
            ears.say(1, whole[middle:], finish=False)
            brick["ears"].send(SpeechPaused(1, ears.ring.position))
            end = ears.ring.position
            brick["ears"].send(Audio(1, end, end, last=True))
            assert (await brick["assistant"].expect(Heard)).text == "how many dogs are there"

    asyncio.run(scenario())


def test_the_ears_are_told_at_a_pause_whether_it_may_be_the_end() -> None:
    """Each verdict names the utterance and the pause that it is about."""
    said = {
        "where is the banana": Outlook.CLOSED,
        "what do you see": Outlook.OPEN,
        "where is the": Outlook.UNFINISHED,
    }

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            for utterance, (text, outlook) in enumerate(said.items(), start=1):
                ears.say(utterance, question(text), finish=False)
                brick["ears"].send(SpeechPaused(utterance, ears.ring.position))
                judged = await brick["ears"].expect(SpeechJudged)
                assert judged == SpeechJudged(utterance, ears.ring.position, outlook), text

    asyncio.run(scenario())


def test_nothing_is_judged_that_more_speech_followed() -> None:
    """A verdict comes only for a pause that lasted until it was known."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            ears.say(1, question("how many dogs"), finish=False)
            brick["ears"].send(SpeechPaused(1, ears.ring.position))
            ears.say(1, question("are there"), finish=False)
            brick["ears"].send(SpeechPaused(1, ears.ring.position))
            judged = await brick["ears"].expect(SpeechJudged)
            assert judged.to_sample == ears.ring.position

    asyncio.run(scenario())


def test_what_a_pause_tells_is_shown_once() -> None:
    """PocketSphinx works in pauses: there are words before the patience is over. No wake word."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            ears.say(1, question("okay nabu what do you see"), finish=False)
            for _ in range(2):
                brick["ears"].send(SpeechPaused(1, ears.ring.position))
            shown = await brick["assistant"].expect(Partial)
            assert (shown.utterance, shown.text) == (1, "what do you see")
            end = ears.ring.position
            brick["ears"].send(Audio(1, end, end, last=True))
            assert (await brick["assistant"].expect(Heard)).text == "what do you see"
            assert sum(isinstance(message, Partial) for message in brick["assistant"].seen) == 1

    asyncio.run(scenario())


def dictation(kind: Recogniser, folder: Path) -> Settings:
    """Settings with a toy model, which writes its sentence whatever is said."""
    make = {Recogniser.WHISPER: whisper_file, Recogniser.SHERPA: sherpa_folder}[kind]
    return Settings(listen=Listening(engine=kind, model=str(make(folder / "model.bin")), threads=1))


@pytest.mark.parametrize(
    ("kind", "unit"), [(Recogniser.WHISPER, "whisper.cpp/cpu"), (Recogniser.SHERPA, "sherpa-onnx/cpu")]
)
def test_dictation_goes_through_the_same_brick(tmp_path: Path, kind: Recogniser, unit: str) -> None:
    """Words are shown before the end of the speech is known, and become what was heard."""
    text = " ".join(SENTENCE)

    async def scenario() -> None:
        async with started(listen.main, PEERS, settings=dictation(kind, tmp_path)) as brick:
            assert (await brick["supervisor"].expect(Ready)).placement == {"speech to text": unit}
            ears = Ears(brick)
            ears.say(1, question("whatever it is that one may want to say"), finish=False)
            brick["ears"].send(SpeechPaused(1, ears.ring.position))
            while (shown := await brick["assistant"].expect(Partial)).text != text:
                assert text.startswith(shown.text)
            judged = await brick["ears"].expect(SpeechJudged)
            assert judged.outlook is Outlook.OPEN, "no template has it: the usual patience"
            end = ears.ring.position
            brick["ears"].send(Audio(1, end, end, last=True))
            heard = await brick["assistant"].expect(Heard)
            assert (heard.utterance, heard.text) == (1, text)
            ears.say(2, pause(1_000))
            assert (await brick["assistant"].expect(Heard)).text is None

    asyncio.run(scenario())


def test_a_streaming_engine_shows_words_with_no_pause_at_all(tmp_path: Path) -> None:
    """From the first block on."""

    async def scenario() -> None:
        async with started(listen.main, PEERS, settings=dictation(Recogniser.SHERPA, tmp_path)) as brick:
            Ears(brick).say(1, question("whatever it is that one may want to say"), finish=False)
            shown = await brick["assistant"].expect(Partial)
            assert shown.text.split()[0] == SENTENCE[0]

    asyncio.run(scenario())


def test_a_missing_model_is_said_and_ends_the_process() -> None:
    """One line, with what to do."""

    async def scenario() -> None:
        settings = Settings(listen=Listening(engine=Recogniser.SHERPA, model="/nowhere/model"))
        async with started(listen.main, PEERS, settings=settings) as brick:
            failure = await brick.failure()
            assert failure.code == "dictation-model-missing"
            assert "/nowhere/model" in failure.what

    asyncio.run(scenario())


def test_the_wake_word_is_not_part_of_the_question() -> None:
    """In one breath, wake word first."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            Ears(brick).say(1, question("okay nabu what do you see"))
            assert (await brick["assistant"].expect(Heard)).text == "what do you see"

    asyncio.run(scenario())


def test_other_sentences_are_rejected() -> None:
    """What is not in the templates is not forced into them."""
    others = ["turn on the kitchen lights", "yesterday i went to the market", "open the garage door"]

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            for utterance, text in enumerate(others):
                ears.say(utterance, question(text))
                assert (await brick["assistant"].expect(Heard)).text is None, text

    asyncio.run(scenario())


def test_silence_and_noise_are_no_question() -> None:
    """Not digital silence, not a room, not a single block."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            for utterance, sound in enumerate([pause(2_000), in_room(pause(2_000)), pause(1)]):
                ears.say(utterance, sound)
                assert (await brick["assistant"].expect(Heard)).text is None

    asyncio.run(scenario())


def test_all_audio_is_given_back() -> None:
    """The ears learn that everything was copied."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            ears.say(1, question("what do you see"))
            while (await brick["ears"].expect(AudioTaken)).to_sample < ears.ring.position:
                pass

    asyncio.run(scenario())


def test_overwritten_audio_is_owned_up_to() -> None:
    """To the log, and to the assistant, which says it to whoever asked."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            ears.say(7, question("what do you see"), finish=False)
            brick["ears"].send(AudioLost(7))
            heard = await brick["assistant"].expect(Heard)
            assert (heard.utterance, heard.text) == (7, None)
            assert heard.failure == await brick.failure()
            assert heard.failure is not None and heard.failure.code == "audio-lost"

    asyncio.run(scenario())


def test_a_recogniser_that_is_given_up_is_owned_up_to() -> None:
    """Its deadline is over at every try: the supervisor says so, and the next question is heard."""

    async def abort_all(brick: Brick) -> None:
        while True:
            began = await brick["supervisor"].expect(JobBegan)
            brick["supervisor"].send(Abort(began.job))

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            await brick.ready()
            ears = Ears(brick)
            aborting = asyncio.create_task(abort_all(brick))
            ears.say(1, in_room(*(speak("how many dogs are there") for _ in range(6))))
            heard = await brick["assistant"].expect(Heard)
            aborting.cancel()
            assert heard.failure is not None and heard.failure.code == "listen-too-slow"
            ears.say(2, question("what do you see"))
            heard = await brick["assistant"].expect(Heard)
            assert (heard.text, heard.failure) == ("what do you see", None)

    asyncio.run(scenario())


def test_new_ears_begin_anew() -> None:
    """Half a question of ears that died is forgotten; the next question is heard."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            Ears(brick).say(1, question("where is the banana"), finish=False)
            brick.die("ears")
            brick.wire("ears")
            Ears(brick).say(1, question("what do you see"))
            assert (await brick["assistant"].expect(Heard)).text == "what do you see"

    asyncio.run(scenario())


def test_an_interrupted_question_gives_way() -> None:
    """The wake word in the middle of a question begins another one."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            ears.say(1, question("where is the banana"), finish=False)
            ears.say(2, question("what do you see"))
            heard = await brick["assistant"].expect(Heard)
            assert (heard.utterance, heard.text) == (2, "what do you see")

    asyncio.run(scenario())


def test_what_is_said_over_the_assistant_is_judged() -> None:
    """Each remark by its number."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            for number, (words, phrase) in enumerate([("stop", "stop"), ("hello there", None)], start=1):
                ears.remark(number, words)
                assert await brick["ears"].expect(Remarked) == Remarked(number, phrase)

    asyncio.run(scenario())


def test_a_new_remark_takes_the_place_of_the_one_before() -> None:
    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            await brick.ready()
            ears = Ears(brick)
            for number in range(1, 4):
                ears.remark(number, "stop")
            assert (await brick["ears"].expect(Remarked)).number == 3

    asyncio.run(scenario())


def test_a_question_comes_before_a_remark() -> None:
    """A remark inside it is not judged; behind it they are again."""

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            ears.say(1, question("what do you"), finish=False)
            ears.remark(1, "stop")
            end = ears.ring.position
            brick["ears"].send(Audio(1, end, end, last=True))
            await brick["assistant"].expect(Heard)
            ears.remark(2, "stop")
            assert (await brick["ears"].expect(Remarked)).number == 2

    asyncio.run(scenario())
