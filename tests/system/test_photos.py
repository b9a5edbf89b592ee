"""Photos in the real process tree: asked for aloud, kept by the eye, found again, exported and wiped."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

from PIL import Image

from mortar.store import photos
from mortar.store.database import FILE, Database
from mortar_tools.program import environment, mortar
from scenes import table
from system.recordings import ask


def test_a_photo_is_taken_found_again_exported_and_wiped(tmp_path: Path) -> None:
    """By voice, in two questions; then by the commands, in processes of their own."""
    runtime = tmp_path / "run"
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for number, question in enumerate(("take a photo", "what did you see last")):
        ask(recordings / f"{number}.wav", question)
    ran = mortar(
        runtime,
        *("run", "--json", "--fast", "--mic", recordings),
        *("--camera", table(["key"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    )
    assert ran.status == 0, ran.errors
    taken, seen = [line for line in ran.lines if line["event"] == "exchange"]
    assert (taken["intent"], taken["answer"]) == ("PhotoTake", "I took a photo. I see a key.")
    assert (seen["intent"], seen["answer"]) == ("PhotoSeen", "Just now I saw a key.")

    folder = Path(environment(runtime)["XDG_DATA_HOME"]) / "mortar"
    (row,) = photos.load(Database(folder / FILE))
    with Image.open(folder / "photos" / row.file, formats=["JPEG"]) as photo:
        assert photo.size == (640, 480)
    (told,) = [line for line in ran.lines if line["event"] == "photo"]
    assert told["file"] == row.file

    assert mortar(runtime, "data", "export", tmp_path / "all.zip").status == 0
    with ZipFile(tmp_path / "all.zip") as archive:
        assert archive.read(f"photos/{row.file}") == (folder / "photos" / row.file).read_bytes()
    assert mortar(runtime, "data", "wipe").status == 2, "nobody can be asked"
    assert mortar(runtime, "data", "wipe", "--yes").status == 0
    (shown,) = mortar(runtime, "data", "show", "--json").lines
    left = {one["name"]: one["n"] for one in shown["kept"]}
    assert {"photos", "photos/", "traces/", FILE} < left.keys()
    assert not any(left.values()), json.dumps(shown)
