"""What Mortar does while something is wrong: for each error code that there is.

What failed and what to do about it stand where the error is made, what is said aloud in
assistant/troubles.py; docs/errors.md is made of all three.
"""

from __future__ import annotations

from enum import StrEnum


class Meanwhile(StrEnum):
    """A sentence for people."""

    NEXT_UNIT = "The picture is encoded on the next unit that `mortar status` names."
    NEXT_MODEL = "The next model is asked; where there is none, this question is given up."
    NEXT_QUESTION = "This question is given up; the next one is listened to as usual."
    STARTED_AGAIN = "The process is started again, and Mortar goes on."
    LOOKS_AGAIN = "Mortar looks for the device again and again, and goes on by itself once it is back."
    UNHEARD = "An error tone, if anything, is heard in the place of the sentence; the next one is tried anew."
    SET_ASIDE = "The file is set aside, and Mortar goes on with an empty one."
    UNKEPT = "Nothing new is kept and nothing that was is lost; everything else goes on."
    READ_ANEW = "The language model reads what its prompts begin with at each start; everything else goes on."
    AS_IT_IS = "It stays as it is, and everything else goes on."
    UNTRACED = "The conversation goes on as usual; only the trace of the run is not kept."
    PRIVATE = "The microphone and the camera stay closed until somebody switches them on."
    UNTIL_RESTART = "It is in force all the same, but only until Mortar is started again."
    WITHOUT = "Mortar goes on without that process; a run for one exchange ends."
    ENDS = "The command ends, and changes nothing."


_CODES: dict[Meanwhile, str] = {
    Meanwhile.NEXT_UNIT: """
        delegate-failed delegate-unusable form-source-missing lease-unusable mmproj-unusable
        npu-binding-missing npu-busy npu-call-refused npu-cores-unknown npu-driver-missing npu-driver-unfit
        npu-hangs npu-job-failed npu-lost npu-memory npu-not-allowed npu-not-here npu-not-in-container
        npu-process-ended npu-process-missing npu-runtime-missing npu-runtime-old npu-timeout npu-too-slow
        npu-vanished rknn-model-broken rknn-model-other-soc rknn-model-shape simulator-failed toolkit-ended
        toolkit-missing toolkit-refused toolkit-too-slow vision-engine-failed
    """,
    Meanwhile.NEXT_MODEL: """
        language-logits-broken picture-gone server-address-wrong server-answer-garbled
        server-broke-off
        server-key-unusable server-model-differs server-model-missing server-public server-redirects
        server-refused server-too-slow server-unreachable
    """,
    Meanwhile.NEXT_QUESTION: """
        answer-not-told audio-lost camera-driver-missing camera-failed camera-missing camera-no-frame
        camera-off dictation-failed language-context-full language-engine-failed language-too-slow
        listen-too-slow microphone-muted model-speaks-other models-differ no-answer no-question-before
        no-speech not-understood note-lost note-unwritable photo-undeletable photo-unwritable picture-damaged
        picture-missing picture-too-large picture-too-long picture-unknown question-not-taught
        question-too-long ring-too-small store-failed turn-too-long vision-too-slow
    """,
    Meanwhile.STARTED_AGAIN: """
        assistant-died device-not-closed ears-died end-overdue eye-died job-overdue language-died listen-died
        microphone-hangs start-overdue
    """,
    Meanwhile.LOOKS_AGAIN: "microphone-missing sound-server-failed speaker-missing",
    Meanwhile.UNHEARD: "note-unreadable speaker-unwritable speech-failed speech-too-slow",
    Meanwhile.SET_ASIDE: "store-damaged",
    Meanwhile.UNKEPT: "store-newer",
    Meanwhile.READ_ANEW: "prefix-damaged prefix-unkept",
    Meanwhile.AS_IT_IS: """
        device-stays-open draft-model-differs mixer-failed photos-unreadable wake-word-unusable
    """,
    Meanwhile.PRIVATE: "privacy-unreadable",
    Meanwhile.UNTIL_RESTART: "privacy-unwritable",
    Meanwhile.UNTRACED: "trace-too-slow trace-unwritable",
    Meanwhile.WITHOUT: """
        chat-template-unusable
        dictation-model-damaged dictation-model-incomplete dictation-model-missing dictation-model-unset
        dictation-package-missing ears-given-up espeak-missing eye-given-up language-context-failed
        language-given-up language-gpu-missing language-model-too-large
        language-model-unusable language-not-in-model language-unknown listen-given-up
        model-damaged model-manifest-wrong model-missing model-sees-nothing moonshine-missing piper-missing
        portaudio-missing projector-unknown
        process-given-up process-lost ring-not-sealed ring-size-wrong shared-memory-failed tflite-missing
        unit-unknown vision-model-shape vision-model-unusable vision-no-unit voice-missing voice-unusable
        words-unknown
    """,
    Meanwhile.ENDS: """
        already-running assistant-ended assistant-language-unknown board-unknown card-size cards-damaged
        catalogue-unreadable catalogue-wrong data-unreadable
        disk-full download-corrupt hub-address hub-answer hub-busy hub-cut hub-file-missing hub-length
        hub-range hub-redirect hub-refuses hub-stalls hub-unreachable hub-untrusted lock-unreadable model-busy
        model-by-hand model-in-use model-no-answer model-not-fetchable model-not-known model-not-pulled
        model-unknown model-unrecorded models-unwritable pin-differs
        file-unwritable llama-probe-failed log-level-unknown
        no-wake-word not-running pace pictogram-missing press-refused probe-failed
        question-refused question-unusable recording-damaged recording-empty recording-long
        recording-unreadable recordings-missing run-unknown runtime-folder-failed runtime-folder-unsafe
        settings-invalid settings-syntax settings-unreadable speaker-kind status-no-answer
        status-socket-failed still-running thing-unknown trace-damaged trace-newer trace-not-replayable
        trace-other-version trace-unreadable wake-word-unknown wipe-failed wipe-unconfirmed zygote-gone
    """,
}

MEANWHILE: dict[str, Meanwhile] = {code: what for what, codes in _CODES.items() for code in codes.split()}
"""By code."""
