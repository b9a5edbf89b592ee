"""Settings: a board's profile plus one user file, TOML, typed, with limits beside each field.

Every section belongs to one part of the program. A key that no field takes is an error that names
file and key; a test holds that every field is read somewhere.
"""

from __future__ import annotations

import os
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mortar import languages, resources
from mortar.errors import UsageError

MOST_PHOTOS = 10_000

Sensitivity = Annotated[float, Meta(ge=0, le=1)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all sections: unknown keys are refused."""


class Board(Section, frozen=True):
    """What the board is. Only a profile sets this."""

    title: str = "Linux computer"
    """Name that people read."""


class Microphone(Section, frozen=True):
    device: str = "auto"
    """"auto" (the system's default), "none", or (part of) a name that `mortar doctor` lists."""
    driver: Literal["portaudio", "alsa"] = "portaudio"
    """"portaudio", or "alsa" (through the program arecord), which needs less memory."""
    echo_cancellation: Literal["auto", "none"] = "auto"
    """"auto" has the sound server (PulseAudio, PipeWire) take our own voice out of the microphone's sound,
    where one runs; "none" leaves it in."""


class Speaker(Section, frozen=True):
    device: str = "auto"
    """"auto" (the system's default), "none", or (part of) a name that `mortar doctor` lists."""


class Camera(Section, frozen=True):
    device: str = "auto"
    """"auto" (the first camera found), "none", a device path such as /dev/video0, or (part of) a name that
    `mortar doctor` lists: the name is the same wherever the camera is plugged in."""
    driver: Literal["auto", "v4l2", "picamera2"] = "auto"
    """"v4l2" (the kernel's interface: webcams, and CSI cameras of boards with an image processor in the
    kernel), "picamera2" (a Raspberry Pi's own camera), or "auto": the Pi's where there is one."""
    size: Annotated[str, Meta(pattern=r"^(auto|[1-9]\d{1,3}x[1-9]\d{1,3})$")] = "auto"
    """Least size of a picture, as 1280x720, where the camera has it; "auto" is what the vision encoder
    needs. See [cameras.md](cameras.md)."""


class Gauge(Section, frozen=True):
    source: str = "auto"
    """"auto" (the batteries that the kernel knows), "none", or a TOML file that plays one, with
    `percent = 40` and `charging = false`: it is read at each look."""


class Ears(Section, frozen=True):
    wake_words: Annotated[dict[str, Sensitivity], Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: {"okay_nabu": 0.5}
    )
    """The wake words that are listened for, each with its sensitivity, 0..1: 0.5 is what its model was
    made for, more hears more of what is said and of what is not. A table of yours replaces this one.
    See [wake-words.md](wake-words.md)."""
    wake_cooldown_ms: Annotated[int, Meta(ge=0, le=60_000)] = 1_000
    """After a wake word, no other is heard for so long."""
    preroll_ms: Annotated[int, Meta(ge=0, le=5_000)] = 400
    """Sound kept from before the speech began, so that its first sound is not cut."""
    speech_threshold: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """Silero speech probability above which a window counts as voiced, 0..1."""
    start_patience_ms: Annotated[int, Meta(ge=500, le=60_000)] = 5_000
    """How long to wait for speech after the wake word."""
    end_patience_ms: Annotated[int, Meta(ge=100, le=5_000)] = 700
    """Silence that ends a question (Home Assistant's default pause is 700 ms too)."""
    complete_patience_ms: Annotated[int, Meta(ge=100, le=5_000)] = 320
    """Silence that ends a question which is a whole sentence and cannot go on."""
    hesitation_patience_ms: Annotated[int, Meta(ge=100, le=5_000)] = 1_100
    """Silence that ends what is no sentence yet: people who hesitate are waited for."""
    longest_speech_ms: Annotated[int, Meta(ge=1_000, le=30_000)] = 15_000
    """A question is cut after this long."""


class Recogniser(StrEnum):
    """Engines of speech to text."""

    BUNDLED = "bundled"
    POCKETSPHINX = "pocketsphinx"
    MOONSHINE = "moonshine"
    WHISPER = "whisper"
    SHERPA = "sherpa"

    @property
    def is_dictation(self) -> bool:
        """Whether it hears any words, and not only those of the sentence templates."""
        return self not in (Recogniser.BUNDLED, Recogniser.POCKETSPHINX)


class Listening(Section, frozen=True):
    engine: Recogniser = Recogniser.BUNDLED
    """"bundled": the English [sentences](sentences.md) and nothing else. "pocketsphinx": those of any
    language, with less memory and more errors. "moonshine": free dictation in English. "whisper" or
    "sherpa": free dictation with a model of yours, see [dictation.md](dictation.md)."""
    model: str = ""
    """Model of moonshine, whisper or sherpa: its name among the installed models, or a path with a slash in
    it. Without one, moonshine takes that which comes with Mortar."""
    language: Annotated[str, Meta(pattern="^[a-z]{2,3}$")] = "en"
    """What people speak, for a Whisper model of many languages: en, de, fr ..."""
    threads: Annotated[int, Meta(ge=1, le=16)] = 2
    """CPU threads of speech to text; PocketSphinx has one."""
    deadline_ms: Annotated[int, Meta(ge=500, le=120_000)] = 15_000
    """Longest time speech to text may take for one question."""


AUTO = "auto"


class Point(Section, frozen=True):
    """A way of looking, as it was measured on this board."""

    width_px: Annotated[int, Meta(ge=1)]
    height_px: Annotated[int, Meta(ge=1)]
    """What the vision encoder sees of a picture, or of a tile."""
    n_tok: Annotated[int, Meta(ge=1)]
    """Image tokens of each."""
    precision: str
    """Of the compiled form: f16, int8 ..."""
    tiles: bool
    """Whether large pictures are cut into tiles."""
    accuracy: float
    wait_ms: float
    memory_MB: float
    energy_mJ: float


class NpuBinding(StrEnum):
    LIBRKNNRT = "librknnrt"
    LITE = "rknn-toolkit-lite2"


class Eye(Section, frozen=True):
    unit: str = AUTO
    """Where the vision encoder runs: "auto" (the best that `mortar doctor` lists), or one of them, such as
    "tflite/cpu". The others follow it where it fails."""
    npu_binding: NpuBinding = NpuBinding.LIBRKNNRT
    """What drives Rockchip's NPU: "librknnrt" (its C library, which writes straight into the token ring), or
    "rknn-toolkit-lite2" (the makers' Python package)."""
    npu_cores: str = AUTO
    """NPU cores: "auto" (one that is idle), "0", "1", "0+1" or "all", and on RK3588 "2" or "0+1+2"; SoCs with
    one core know "auto" alone."""
    threads: Annotated[int, Meta(ge=1, le=16)] = 1
    """CPU threads of the vision encoder. Threads that wait for a busy core cost more than they save:
    raise this for large models on cores that nothing else uses."""
    delegate: str = ""
    """Path of a TensorFlow Lite delegate that runs full INT8 models on an NPU, the unit "tflite/npu": Mesa's
    libteflon.so, with the mainline kernel's driver. Empty: none."""
    tile_batch: Annotated[int, Meta(ge=0, le=64)] = 0
    """Most tiles of a large picture in one run of the vision encoder; 0: as many as the largest compiled form
    takes. `mortar tools tune tiles --write` measures what is fastest on this board."""
    points: list[Point] = msgspec.field(default_factory=list)
    """Ways of looking, the best first and each cheaper than the one before: as the battery gets low, Mortar
    moves along them. `mortar tools tune vision --write` measures them; without any it looks as the model was
    made."""
    frames: Annotated[int, Meta(ge=1, le=8)] = 1
    """Frames that a look takes, one after the other; the mean of their tokens is what is seen. More of them
    see through noise, and each takes as long as one."""
    ring_slots: Annotated[int, Meta(ge=2, le=16)] = 3
    """Slots of the token ring between eye and language."""
    ring_budget_tok: Annotated[int, Meta(ge=16, le=65_536)] = 2_048
    """Most image tokens in flight between eye and language."""
    deadline_ms: Annotated[int, Meta(ge=500, le=120_000)] = 15_000
    """Longest time one picture may take to be taken and encoded."""
    watch: bool = False
    """Keep the camera open and a fresh picture at hand, so that a look need not encode one. Without, it is
    watched only while somebody waits to be told. See [watching.md](watching.md)."""
    watch_most_Hz: Annotated[float, Meta(gt=0, le=30)] = 4.0
    """Glances a second on mains, or with a battery that is well charged."""
    watch_least_Hz: Annotated[float, Meta(gt=0, le=30)] = 0.5
    """Glances a second just before the battery is low; there are none below that."""
    watch_budget_tok_per_min: Annotated[int, Meta(ge=1, le=1_000_000)] = 1_200
    """Most image tokens that watching hands to the language model in a minute. A model that reads 174 tokens
    a second is kept busy for a ninth of its time by as many."""


class KvType(StrEnum):
    """Types of the KV cache, by their names in ggml."""

    F16 = "f16"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


class FlashAttention(StrEnum):
    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Speculate(StrEnum):
    """Who drafts what the language model then checks."""

    AUTO = "auto"
    OFF = "off"
    LOOKUP = "lookup"
    DRAFT = "draft"


class Language(Section, frozen=True):
    threads: Annotated[int, Meta(ge=1, le=16)] = 1
    """CPU threads of the language model; more pay for large models on cores that nothing else uses."""
    context_tok: Annotated[int, Meta(ge=128, le=131_072)] = 512
    """Size of the KV cache."""
    chunk_tok: Annotated[int, Meta(ge=1, le=512)] = 128
    """Tokens that are read before Mortar looks again for something more urgent, such as a question.
    `mortar tools tune language --write` measures what is best on this board, see
    [reading-ahead.md](reading-ahead.md)."""
    kv_type: KvType = KvType.F16
    """What the KV cache is kept as: "f16", or "q8_0" (53 % of its memory) or "q4_0" (28 %), which cost some
    time and quality, and want flash attention. See [memory-and-gpu.md](memory-and-gpu.md)."""
    flash_attention: FlashAttention = FlashAttention.AUTO
    """"auto" (where llama.cpp has it for the device), "on" or "off"."""
    repack: bool = True
    """Copy the weights into the order in which this processor multiplies fastest. Without, they stay in the
    file's pages, which processes share and the kernel can drop.
    See [memory-and-gpu.md](memory-and-gpu.md)."""
    gpu_layers: Annotated[int, Meta(ge=-1, le=1_000)] = 0
    """Layers of the model that are placed on a GPU; -1: all of them. Needs a llama.cpp built for GPUs
    (`MORTAR_LLAMA=vulkan make setup`)."""
    gpu_device: str = AUTO
    """"auto" (the first), or (part of) the name of a GPU that `mortar doctor` lists."""
    system: str = (
        "You are a helpful assistant who is listened to, not read. Answer in one or two short sentences, in "
        "plain words. Say so when you are not sure."
    )
    """What a chat model is told before everything else, where its chat template has a place for that; the
    bundled model was taught without. Empty: nothing."""
    answer_tok: Annotated[int, Meta(ge=8, le=4_096)] = 96
    """Longest answer; less of it while the battery is low. What is cut ends with its last whole sentence."""
    deadline_ms: Annotated[int, Meta(ge=500, le=600_000)] = 30_000
    """Longest time one answer may take."""
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    """0: always the most probable token, so that one question about one picture has one answer. Above, each
    is drawn, as llama.cpp does it: top_k, top_p, min_p, temperature, in this order."""
    top_k: Annotated[int, Meta(ge=0, le=1_000_000)] = 40
    """Only so many of the most probable tokens may be drawn; 0: any."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    """Of those the fewest that have this probability together."""
    min_p: Annotated[float, Meta(ge=0, le=1)] = 0.05
    """Of those the ones with at least this share of the most probable one's probability."""
    seed: Annotated[int, Meta(ge=-1, lt=2**32)] = -1
    """Of what is drawn; -1: another one each time."""
    speculate: Speculate = Speculate.AUTO
    """Guess several tokens and have the model check them at once: "lookup" (what stood in the conversation
    before), "draft" (a smaller model guesses), "auto" ("draft" with a draft_model, else "lookup"), or
    "off". The answers stay the same, and what does not pay turns itself off. See
    [speculation.md](speculation.md)."""
    draft_tok: Annotated[int, Meta(ge=1, le=16)] = 4
    """Most tokens that are guessed at a time."""
    draft_model: str = ""
    """Name of the smaller model among the installed ones, or its folder; empty: the bundled *small*, where
    "draft" is asked for."""


class Server(Section, frozen=True):
    url: Annotated[str, Meta(pattern=r"^(https?://\S+)?$")] = ""
    """Address of an OpenAI-compatible server on your own network, such as "http://192.168.1.20:8080":
    llama-server, vLLM, Ollama. Pictures and questions that no model here is sure of go there. Empty: none."""
    model: str = ""
    """Name of its model, as its /v1/models lists it. Empty: the only one that it has."""
    key_file: str = ""
    """File with the server's API key, which its owner alone may read (chmod 600). Empty: it wants none."""
    allow_public: bool = False
    """Allow an address that is not in your own network."""
    allow_other_model: bool = False
    """Take answers that say they are another model's than was asked."""
    connect_ms: Annotated[int, Meta(ge=50, le=30_000)] = 2_000
    """Longest time until the server is reached."""
    first_token_ms: Annotated[int, Meta(ge=100, le=300_000)] = 10_000
    """Longest time from the question to the first word of the answer."""
    total_ms: Annotated[int, Meta(ge=200, le=600_000)] = 30_000
    """Longest time from the question to the last word."""


class Cascade(Section, frozen=True):
    models: list[str] = msgspec.field(default_factory=list)
    """Models that are asked one after the other until one is sure, the small ones first: "small" and "base"
    come with Mortar, others are installed models by name, or folders. Empty: one model alone. See
    [cascade.md](cascade.md)."""
    agreement: bool = False
    """Ask each question of the sentence templates a second time in other words, and let both answers be
    compared. Takes as long as the first answer, and finds few errors of the bundled models."""
    server: Server = Server()


class VoiceEngine(StrEnum):
    ESPEAK_NG = "espeak-ng"
    PIPER = "piper"


class Voice(Section, frozen=True):
    engine: VoiceEngine = VoiceEngine.ESPEAK_NG
    """"espeak-ng" (comes with Mortar), or "piper" with an installed voice (docs/voice.md)."""
    model: str = ""
    """Piper's voice: the name of an installed one (en_GB-alba-medium), or the path of its .onnx file."""
    language: str = "en-us"
    """espeak-ng's voice (espeak-ng --voices); a Piper voice has its own language."""
    words_per_minute: Annotated[int, Meta(ge=80, le=400)] = 170
    """Speaking rate; for Piper, 170 is the pace that the voice was trained with."""
    deadline_ms: Annotated[int, Meta(ge=500, le=120_000)] = 15_000
    """Longest time one sentence may take to be synthesised."""


class Assistant(Section, frozen=True):
    language: str = languages.REFERENCE
    """What people and Mortar speak: "en" or "de". The voice, the ears and `listen.language` follow, unless
    you set them; [languages.md](languages.md) tells what is understood in which."""
    early_looking: bool = True
    """Take and encode a picture at the wake word already, while the person speaks."""
    turn_deadline_ms: Annotated[int, Meta(ge=2_000, le=600_000)] = 60_000
    """A turn that takes longer is given up with a spoken sentence."""
    earlier_turns: Annotated[int, Meta(ge=0, le=16)] = 1
    """How many earlier turns the language model is reminded of."""
    follow_up_ms: Annotated[int, Meta(ge=0, le=30_000)] = 4_000
    """How long a further question needs no wake word after an answer; 0: it always needs one."""
    snooze_min: Annotated[int, Meta(ge=1, le=60)] = 9
    """Minutes after which what was snoozed rings again."""
    ring_limit_s: Annotated[int, Meta(ge=10, le=3_600)] = 600
    """A timer or an alarm that nobody stops falls silent after this long."""
    ring_volume_percent: Annotated[int, Meta(ge=1, le=100)] = 40
    """The volume is turned up to this before a timer or an alarm rings, where it is lower."""


class Tracing(Section, frozen=True):
    runs: Annotated[int, Meta(ge=0, le=1_000)] = 50
    """How many of the last turns are kept as traces, for `mortar status --run N`: stages, times, messages.
    Their user alone can read them. 0 keeps none, and removes what there is."""
    text: bool = True
    """Keep with them what was heard and answered. Without, a trace cannot be replayed. Older traces keep
    their words until newer ones replace them; `runs = 0` for one start removes them."""
    sound: bool = False
    """Keep with them the sound of each spoken question, 16 kHz mono. See [runs.md](runs.md)."""
    pictures: bool = False
    """Keep with them each picture that a question was about."""


class Photos(Section, frozen=True):
    keep: Annotated[int, Meta(ge=1, le=MOST_PHOTOS)] = 200
    """How many photos are kept; the oldest leave first, with what was said of them."""


class Models(Section, frozen=True):
    hub: str = "https://huggingface.co"
    """Where `mortar models pull` gets models: an address under which REPOSITORY/resolve/REVISION/FILE is
    answered as Hugging Face does. A mirror is held to the same checksums."""
    patience_s: Annotated[float, Meta(ge=0.1, le=600)] = 30.0
    """How long a hub may send nothing before it is asked again; after six times that file is given up."""
    trial_s: Annotated[float, Meta(ge=1, le=3_600)] = 300.0
    """How long a model that was just fetched may take to answer once, before it is installed."""


class PowerLimits(Section, frozen=True):
    high_percent: Annotated[int, Meta(ge=1, le=100)] = 50
    """Battery level above which nothing is held back. The paper gives no figure: this one is a judgement."""
    low_percent: Annotated[int, Meta(ge=0, le=99)] = 15
    """Battery level at and below which only what somebody asks for is done. A judgement too."""
    overlap_percent: Annotated[int, Meta(ge=0, le=20)] = 3
    """By how much the level must rise above a limit before more is allowed again."""
    look_every_s: Annotated[int, Meta(ge=1, le=3_600)] = 30
    """How often the battery is looked at."""


class Supervision(Section, frozen=True):
    restarts: Annotated[int, Meta(ge=1, le=100)] = 5
    """Deaths of one process within `restart_window_s` before it is given up."""
    restart_window_s: Annotated[int, Meta(ge=1, le=3_600)] = 60
    """Window in which deaths are counted."""
    stop_grace_ms: Annotated[int, Meta(ge=100, le=60_000)] = 2_000
    """Time a process has to end when told to, before it is killed."""


class Settings(Section, frozen=True):
    """All sections; the order here is the order in docs/settings.md."""

    board: Board = Board()
    microphone: Microphone = Microphone()
    speaker: Speaker = Speaker()
    camera: Camera = Camera()
    gauge: Gauge = Gauge()
    ears: Ears = Ears()
    listen: Listening = Listening()
    eye: Eye = Eye()
    language: Language = Language()
    cascade: Cascade = Cascade()
    voice: Voice = Voice()
    assistant: Assistant = Assistant()
    trace: Tracing = Tracing()
    photos: Photos = Photos()
    models: Models = Models()
    power: PowerLimits = PowerLimits()
    supervisor: Supervision = Supervision()


class RunOptions(Section, frozen=True):
    """What one run was asked for on the command line."""

    board: str = "host"
    mic: str | None = None
    """Recording, folder of recordings, or named pipe that plays the microphone."""
    camera: str | None = None
    """Picture, or folder of pictures, that plays the camera."""
    speaker: str | None = None
    """WAV file that plays the speaker."""
    model: str | None = None
    """Folder of the vision-language model; None is the bundled one."""
    once: bool = False
    """End after one exchange."""
    fast: bool = False
    """Files are not paced in real time."""
    ask: str | None = None
    """A typed question: no ears, no voice."""
    hear: bool = False
    """Only hear: no eye, no language, no voice."""


def load(board: str, user_file: Path | None = None) -> Settings:
    """Profile of `board`, overlaid with what was measured on it and with the user's file; below them, what
    their language brings along. Raises UsageError naming file and key, or the languages that there are."""
    profile = resources.profile(board)
    merged = _read(profile)
    if (measured := measured_file(board)).exists():
        merged = _overlay(merged, _read(measured))
    if user_file is None and (found := default_user_file()).exists():
        user_file = found
    if user_file is not None:
        merged = _overlay(merged, _read(user_file))
    spoken = msgspec.convert(merged, Settings).assistant.language
    return msgspec.convert(_overlay(_read(languages.settings(spoken)), merged), Settings)


def measured_file(board: str) -> Path:
    """What `mortar tools tune` found out about this very board."""
    return resources.data_folder() / "measured" / f"{board}.toml"


def default_user_file() -> Path:
    """/etc/mortar/mortar.toml for root's service, the XDG configuration folder elsewhere."""
    if os.geteuid() == 0 and "XDG_CONFIG_HOME" not in os.environ:
        return Path("/etc/mortar/mortar.toml")
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "mortar" / "mortar.toml"


def _read(path: Path) -> dict[str, Any]:
    """The file as a table, checked against the schema by itself so that errors name it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        msgspec.convert(table, Settings)
    except OSError as error:
        raise UsageError(
            "settings-unreadable", f"{path}: {error.strerror}", "check the path and permissions"
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("settings-syntax", f"{path}: {error}", "correct the TOML at that place") from None
    except msgspec.ValidationError as error:
        raise UsageError(
            "settings-invalid",
            f"{path}: {str(error).replace('Object contains unknown', 'unknown')}",
            "see docs/settings.md for every key and its limits",
        ) from None
    return table


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        held = merged.get(key)
        merged[key] = _overlay(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return merged
