"""Which message means what to the conversation: one table for the assistant and for the replay of a trace."""

from __future__ import annotations

from mortar.assistant.conversation import Conversation
from mortar.assistant.port import Port
from mortar.assistant.stages import Press
from mortar.messages import (
    Answered,
    Escalated,
    Examined,
    Failure,
    GivenUp,
    Heard,
    LinkLost,
    Looked,
    Message,
    NoSpeech,
    NoteKept,
    Notice,
    Overdue,
    Partial,
    Privacy,
    Said,
    Sentence,
    SoundBegan,
    SpeechBegan,
    SpeechEnded,
    SpokenOver,
    StopHeard,
    ThreadLost,
    Typed,
    VolumeSet,
    WakeHeard,
    Watched,
    Wire,
)
from mortar.messages import Press as PressMessage


def receive(talk: Conversation, port: Port, sender: str, message: Message, at_ms: float) -> None:
    """Give the conversation a message from `sender`; what people may want to see of it is an event."""
    match message:
        case Wire(peer):
            talk.peer_back(peer, at_ms)
        case LinkLost(peer):
            talk.peer_lost(peer, at_ms)
        case GivenUp(peers):
            talk.peers_given_up(peers)
        case Notice(failure):
            talk.notice(failure, at_ms)
        case ThreadLost():
            talk.lost_thread(at_ms)
        case Overdue():
            talk.overdue(at_ms)
        case PressMessage(kind):
            talk.pressed(Press(kind), at_ms)
        case Typed(text):
            talk.typed(text, at_ms)
        case WakeHeard(word, score):
            port.emit("wake", message.t_ms, word=word, score=round(score, 3))
            talk.woken(at_ms)
        case StopHeard(phrase, end_sample, t_ms):
            port.emit("stop", t_ms, phrase=phrase, end_sample=end_sample)
            talk.stopped(at_ms)
        case SpokenOver(is_so):
            talk.spoken_over(is_so, at_ms)
        case SpeechBegan(from_sample, t_ms):
            port.emit("speech_start", t_ms, from_sample=from_sample)
            talk.speech_began(at_ms)
        case SpeechEnded(utterance, _, to_sample, t_ms, in_own_speech):
            port.emit("speech_end", t_ms, to_sample=to_sample)
            talk.speech_ended(utterance, at_ms, in_own_speech)
        case NoSpeech():
            talk.no_speech(at_ms)
        case Partial():
            talk.partly_heard(message)
        case Heard():
            talk.heard(message, at_ms)
        case NoteKept():
            talk.note_recorded(message, at_ms)
        case Watched():
            talk.watched()
        case Looked():
            talk.looked(message, at_ms)
        case Sentence():
            talk.sentence(message, at_ms)
        case Escalated(_, model, why, t_ms):
            port.emit("escalated", t_ms, model=model, why=why)
        case Answered():
            talk.answered(message, at_ms)
        case SoundBegan():
            talk.sound_began(message, at_ms)
        case Said():
            talk.said(message, at_ms)
        case VolumeSet():
            talk.volume_set(message, at_ms)
        case Examined():
            talk.examined(message, at_ms)
        case Privacy():
            talk.privacy_told(message, at_ms)
        case Failure():
            talk.failed(sender, message, at_ms)
        case _:
            pass  # PeerGone: the assistant holds nothing that a peer left behind
