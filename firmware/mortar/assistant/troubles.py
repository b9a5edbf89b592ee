"""What can go wrong in a turn: a stable code, the line for the log, and the sentence that is spoken."""

from __future__ import annotations

from dataclasses import dataclass

from mortar.errors import MortarError
from mortar.messages import Failure

NOTHING_TO_REPEAT = "I have not said anything yet."
UNSAID = "There is something that I cannot say."
NOT_KEPT = "Sorry, I could not write that down. My disk may be full."


@dataclass(frozen=True)
class Trouble:
    code: str
    what: str
    """What failed, for the log and the command line."""
    do: str
    spoken: str
    """One short sentence."""

    @property
    def failure(self) -> Failure:
        return Failure(self.code, self.what, self.do)


NO_SPEECH = Trouble(
    "no-speech",
    "nobody spoke after the wake word",
    "ask within a few seconds of the wake word (ears.start_patience_ms)",
    "I did not hear a question.",
)
NOT_UNDERSTOOD = Trouble(
    "not-understood",
    "the question was not understood",
    "the bundled ears know only the sentences in docs/sentences.md",
    "Sorry, I did not understand that.",
)
TOO_LONG = Trouble(
    "turn-too-long",
    "the turn took longer than it may",
    "see what was slow in the timeline, or raise assistant.turn_deadline_ms",
    "Sorry, that took too long. Please try again.",
)
LOST_THREAD = Trouble(
    "assistant-died",
    "the assistant process ended in the middle of a run",
    "it was started again; ask again, and report the log",
    "Sorry, I lost my thread. Please ask again.",
)
NO_ANSWER = Trouble(
    "no-answer",
    "the language model gave no answer",
    "ask in other words, or install a larger model",
    "Sorry, I have no answer to that.",
)

SPOKEN: dict[str, str] = {
    "audio-lost": "Sorry, I could not keep up. Please ask again.",
    "camera-missing": "I have no camera to look with.",
    "camera-failed": "I could not take a picture.",
    "camera-no-frame": "I could not take a picture.",
    "camera-off": "The camera is off. To switch it on, say: turn the camera on.",
    "device-stays-open": "But I could not close it. Please unplug it.",
    "dictation-failed": "Sorry, I lost what you said. Please ask again.",
    "frame-shape-wrong": "I could not take a picture.",
    "language-context-full": "That question is too long for me.",
    "language-engine-failed": "Sorry, I lost my train of thought. Please ask again.",
    "language-too-slow": TOO_LONG.spoken,
    "listen-too-slow": "Sorry, I was too slow to understand that. Please ask again.",
    "microphone-missing": "My microphone has gone. Please ask again when it is back.",
    "microphone-muted": "I am muted. Hold the button to unmute.",
    "note-lost": "Sorry, I lost what you said. Please say it once more.",
    "note-unreadable": "There is a note that I cannot play.",
    "note-unwritable": NOT_KEPT,
    "models-differ": "Sorry, my eye and my words do not fit together.",
    "photo-undeletable": "Sorry, I could not delete that.",
    "photo-unwritable": "Sorry, I could not keep the photo. My disk may be full.",
    "picture-damaged": "I could not take a picture.",
    "picture-missing": "I could not take a picture.",
    "picture-too-large": "I could not take a picture.",
    "picture-unknown": "I could not take a picture.",
    "privacy-unwritable": "But I could not write that down. My disk may be full.",
    "question-too-long": "That question is too long for me.",
    "ring-too-small": "I could not take a picture.",
    "store-failed": NOT_KEPT,
    "store-newer": "My memory is from a newer version of me. I cannot keep that.",
}
"""What is said of a failure, by its code; of any other, that the brick failed."""

SPOKEN_OF_PEER: dict[str, str] = {
    "ears": "Sorry, my ears failed for a moment. Please ask again.",
    "listen": "Sorry, I lost what you said. Please ask again.",
    "eye": "Sorry, my eye failed for a moment. Please ask again.",
    "language": "Sorry, I lost my train of thought. Please ask again.",
}

DEATHS: dict[str, Trouble] = {
    peer: Trouble(
        f"{peer}-died",
        f"{peer} ended in the middle of a turn",
        "it is started again; ask again, and see `mortar status`",
        spoken,
    )
    for peer, spoken in SPOKEN_OF_PEER.items()
}


def of_failure(peer: str, failure: Failure) -> Trouble:
    """What `peer` reported."""
    spoken = SPOKEN.get(failure.code, SPOKEN_OF_PEER[peer])
    return Trouble(failure.code, failure.what, failure.do, spoken)


def unsaid(failure: Failure) -> str:
    """What is said in the place of what voice could not."""
    return SPOKEN.get(failure.code, UNSAID)


def unheard(failure: Failure | None) -> Trouble:
    """Listen has no words for the question: it could not do its work, or heard none that it knows."""
    return NOT_UNDERSTOOD if failure is None else of_failure("listen", failure)


def not_kept(error: MortarError) -> Trouble:
    """What people wanted to be kept is not on the disk."""
    return Trouble(error.code, error.what, error.do, SPOKEN.get(error.code, NOT_KEPT))


def of_death(peer: str) -> Trouble:
    """`peer` died, or is not there."""
    return DEATHS[peer]
