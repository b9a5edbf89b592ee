"""What the assistant says when something is wrong: error code → one short spoken sentence."""

from __future__ import annotations

NO_SPEECH = "I did not hear a question."
NOT_UNDERSTOOD = "Sorry, I did not understand that."
NOTHING_TO_REPEAT = "I have not said anything yet."
TOO_LONG = "Sorry, that took too long. Please try again."
LOST_THREAD = "Sorry, I lost my thread. Please ask again."

_BY_CODE = {
    "camera-missing": "I have no camera to look with.",
    "camera-failed": "I could not take a picture.",
    "picture-unreadable": "I could not read the picture.",
    "picture-huge": "That picture is too large for me.",
    "audio-lost": "I missed part of that. Please say it again.",
}

_BY_PEER = {
    "ears": "Sorry, my ears failed for a moment. Please ask again.",
    "listen": "Sorry, I lost what you said. Please ask again.",
    "eye": "Sorry, my eye failed for a moment. Please ask again.",
    "language": "Sorry, I lost my train of thought. Please ask again.",
}


def for_failure(peer: str, code: str) -> str:
    """The sentence for an error that `peer` reported."""
    return _BY_CODE.get(code) or for_death(peer)


def for_death(peer: str) -> str:
    """The sentence for a process that died in the middle of a turn."""
    return _BY_PEER[peer]
