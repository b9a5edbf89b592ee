"""Models that a hub on this computer has, and the person's own catalogue that names them.

All are real for their engines, and small: the bundled model's own files, and toys that nobody trained.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec

from installing.hub_stand_in import Hosted, Hub
from listen.toy_models import whisper_file
from mortar import resources
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.fake_model.command import write
from mortar_tools.fake_model.weights import Kind
from real_models.small import small
from voice.piper_voices import make_voice

Mortar = Callable[..., int]
"""`mortar models ARGUMENTS`: its exit status."""

WHISPER, VOICE, CARDS, SMALL = "toy-whisper", "hum", "cards-again", "small"

PART = """
[{name}.parts.{role}]
repository = "maker/{name}"
file = "{file}"
format = "as its engine wants it"
sha256 = "{sha256}"
size_MB = "unknown"
"""


def _catalogue(data: Path, name: str, fields: dict[str, object], parts: dict[str, str], sha256: str) -> None:
    common = {"title": name, "weights": "published", "licence": "CC0", "source": "this test", **fields}
    lines = [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in common.items())]
    text = "\n".join(lines) + "\n"
    text += "".join(
        PART.format(name=name, role=role, file=file, sha256=sha256) for role, file in parts.items()
    )
    with (data / "catalogue.toml").open("a") as own:
        own.write(text)


def host_whisper(hub: Hub, data: Path, tmp_path: Path, sha256: str = "unknown") -> Hosted:
    fields = {"kind": "speech-to-text", "languages": ["en"]}
    _catalogue(data, WHISPER, fields, {"model": "ggml-toy.bin"}, sha256)
    content = whisper_file(tmp_path / "toy.bin").read_bytes()
    hub.files[f"maker/{WHISPER}/ggml-toy.bin"] = Hosted(content)
    return hub.files[f"maker/{WHISPER}/ggml-toy.bin"]


def host_voice(hub: Hub, data: Path, tmp_path: Path, loudness: float = 0.1) -> dict[str, Hosted]:
    files = {"voice": f"en/{VOICE}.onnx", "config": f"en/{VOICE}.onnx.json", "card": "en/MODEL_CARD"}
    _catalogue(data, VOICE, {"kind": "voice", "languages": ["en"]}, files, "unknown")
    path = make_voice(tmp_path / "made", VOICE, loudness)
    content = {"voice": path.read_bytes(), "config": path.with_name(f"{VOICE}.onnx.json").read_bytes()}
    content["card"] = b"License: CC0\n"
    hosted = {role: Hosted(content[role], is_large=role == "voice") for role in files}
    hub.files |= {f"maker/{VOICE}/{file}": hosted[role] for role, file in files.items()}
    return hosted


def host_cards(hub: Hub, data: Path) -> dict[str, Hosted]:
    """The bundled model once more, with its vision encoder as llama.cpp reads it."""
    folder = ModelFolder(resources.bundled_model())
    manifest = folder.manifest
    vision = manifest.vision
    fields: dict[str, object] = {
        "width_px": vision.width_px,
        "height_px": vision.height_px,
        "patch_px": 16,
        "merged": 2,
        "n_embd": vision.n_embd,
    }
    parts = {"language": manifest.language, "mmproj": manifest.extra[MMPROJ]}
    _catalogue(data, CARDS, fields, {role: part.file for role, part in parts.items()}, "unknown")
    assert manifest.prompt is not None
    prompt = msgspec.to_builtins(manifest.prompt)
    with (data / "catalogue.toml").open("a") as file:
        file.write(f"\n[{CARDS}.prompt]\n")
        file.writelines(
            f"{key} = {json.dumps(value)}\n" for key, value in prompt.items() if value is not None
        )
    hosted = {role: Hosted((folder.path / part.file).read_bytes()) for role, part in parts.items()}
    hub.files |= {f"maker/{CARDS}/{part.file}": hosted[role] for role, part in parts.items()}
    return hosted


def host_small(hub: Hub, data: Path, tmp_path: Path) -> None:
    """A model that sees, in the family of SmolVLM-256M."""
    chosen = small("smolvlm-256m")
    tower = chosen.tower
    assert tower is not None
    fields: dict[str, object] = {
        "width_px": tower.picture_px,
        "height_px": tower.picture_px,
        "patch_px": tower.patch_px,
        "merged": tower.merged,
        "n_embd": chosen.language.width,
    }
    language, mmproj = write(tmp_path / SMALL, SMALL, chosen, Kind.Q8_0)
    _catalogue(data, SMALL, fields, {"language": language.name, "mmproj": mmproj.name}, "unknown")
    hub.files |= {f"maker/{SMALL}/{path.name}": Hosted(path.read_bytes()) for path in (language, mmproj)}


def installed(data: Path, name: str = WHISPER) -> Path:
    return data / "models" / name
