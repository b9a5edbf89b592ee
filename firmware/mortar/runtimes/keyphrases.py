"""Phrases that make the assistant fall silent, by PocketSphinx, in a remark that is over.

The remark is decoded twice: as a phrase with any phones before and behind it, and as any phones alone. It
is that phrase where the phones explain the phrase's part hardly better (the phrase was said), and where it
ends with what was loud and fills much of it (nothing else was said). `stop_phrases.py` asks for a second
opinion; without one, the limits here decide.

Measured on x86: loaded in 30 ms, about 140 ms for a remark of 0.7 s.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pocketsphinx import Decoder

from mortar.languages.tables import Stop
from mortar.runtimes.interfaces import Samples

PHONES = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY"),
    *("JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y"),
    *("Z", "ZH"),
)
"""Of the acoustic model. In the grammars each is a word of its own, x and its name."""

LARGEST_MISFIT = 2.5
"""Nats a frame of the phrase by which any phones may fit better. With this and the two limits below, of 60
"stop" of fourteen espeak-ng voices over own speech 10 dB below them 46 are known, and of 30 other remarks
(without "hop" and "step back", which often are) one is taken for a phrase;
a share of 0.45 and 8 frames know 43, and take none."""

LEAST_SHARE = 0.3
"""Of what was loud, that the phrase must fill: the assistant's own words may be loud just before it."""

LARGEST_REST_FRAMES = 12
"""Of what was loud, behind the phrase: 120 ms."""

FRAME = 160
"""Samples: 10 ms."""

SCALE = 1_024
"""PocketSphinx gives a likelihood's 1024th root: itself it would be 0."""

COMMON = {"cmn": "batch", "topn": 8, "compallsen": True}
"""As in pocketsphinx.py: the mean is taken over the remark, and the two paths can be compared."""

SEARCH = {"bestpath": False, "lw": 1.0, "beam": 1e-64, "pbeam": 1e-64, "wbeam": 1e-40}
"""Narrower beams find no path where a remark breaks off."""


class _Path(NamedTuple):
    fit: float
    """Natural logarithm of its likelihood."""
    phrase: str
    frames: range
    """Of the phrase."""


class Likeness(NamedTuple):
    """How like a phrase a remark is."""

    phrase: str
    misfit: float
    """Nats a frame of the phrase by which any phones fit better."""
    share: float
    """Of what was loud, that the phrase fills."""
    rest_frames: int
    """Of what was loud, behind the phrase."""

    @property
    def fills(self) -> bool:
        """Whether what was loud is the phrase and nothing behind it."""
        return self.rest_frames <= LARGEST_REST_FRAMES and self.share >= LEAST_SHARE


class KeyPhrases:
    """`stop` has the phrases, and how their words alone are pronounced: all of CMUdict would be 20 MB."""

    unit = "pocketsphinx/cpu"

    def __init__(self, stop: Stop) -> None:
        self._words = stop.pronunciations
        with tempfile.TemporaryDirectory(prefix="mortar-stop-") as folder:
            words = Path(folder, "words.dict")
            words.write_text(_dictionary(stop.pronunciations), encoding="utf-8")
            self._decoder = Decoder(loglevel="FATAL", lm=None, dict=str(words), **COMMON, **SEARCH)
        self._decoder.add_jsgf_string("phrase", _grammar(f"<phone>* ( {' | '.join(stop.phrases)} ) <phone>*"))
        self._decoder.add_jsgf_string("phones", _grammar("<phone>*"))

    def phrase(self, sound: Samples, loud_from: int, loud_to: int) -> str | None:
        likeness = self.likeness(sound, loud_from, loud_to)
        if likeness is None or likeness.misfit > LARGEST_MISFIT or not likeness.fills:
            return None
        return likeness.phrase

    def likeness(self, sound: Samples, loud_from: int, loud_to: int) -> Likeness | None:
        """To the phrase that it is most like; None where it is like none of them."""
        found = self._decoded("phrase", sound)
        phones = self._decoded("phones", sound)
        if found is None or phones is None or not found.frames:
            return None
        misfit = (phones.fit - found.fit) / len(found.frames)
        loud = range(loud_from // FRAME, loud_to // FRAME)
        inside = min(found.frames.stop, loud.stop) - max(found.frames.start, loud.start)
        return Likeness(found.phrase, misfit, inside / len(loud), loud.stop - found.frames.stop)

    def _decoded(self, search: str, sound: Samples) -> _Path | None:
        """The best path of that grammar; None where the search lost them all."""
        self._decoder.activate_search(search)
        self._decoder.start_utt()
        self._decoder.process_raw(sound.tobytes(), full_utt=True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        if best is None or best.best_score <= 0:
            return None
        said = [(held, word) for held in self._decoder.seg() if (word := _word(held.word)) in self._words]
        frames = range(said[0][0].start_frame, said[-1][0].end_frame + 1) if said else range(0)
        return _Path(math.log(best.best_score) * SCALE, " ".join(word for _, word in said), frames)


def _word(segment: str) -> str:
    """Without the number of its pronunciation: "stop" of "stop(2)"."""
    return segment.partition("(")[0]


def _grammar(public: str) -> str:
    phones = " | ".join(f"x{phone.lower()}" for phone in PHONES)
    return f"#JSGF V1.0;\ngrammar stop;\n<phone> = {phones};\npublic <all> = {public};\n"


def _dictionary(pronunciations: Mapping[str, Sequence[str]]) -> str:
    words = {**pronunciations, **{f"x{phone.lower()}": [phone] for phone in PHONES}}
    return "".join(
        f"{word}{f'({n})' if n > 1 else ''} {phones}\n"
        for word, spoken in words.items()
        for n, phones in enumerate(spoken, start=1)
    )
