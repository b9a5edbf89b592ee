"""The board's figures through the real processes: asked aloud, and in `mortar status`."""

from __future__ import annotations

from pathlib import Path

from mortar_tools.program import Running
from scenes import table
from system.recordings import ask


def test_the_battery_is_asked_for_aloud(tmp_path: Path) -> None:
    """A file plays it, nearly empty: that is the answer, and what the status says."""
    (tmp_path / "battery.toml").write_text("percent = 12\ncharging = false\n")
    config = tmp_path / "mortar.toml"
    config.write_text(f'[gauge]\nsource = "{tmp_path}/battery.toml"\n')
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    ask(recordings / "1.wav", "how full is the battery")
    ask(recordings / "2.wav", "what time is it")
    files = ["--mic", recordings, "--speaker", tmp_path / "a.wav"]
    files += ["--camera", table(["cat"], tmp_path / "p.png")]
    with Running(tmp_path / "run", ["run", "--json", "--config", config, *files]) as run:
        assert run.until("exchange")["answer"] == "The battery is low, at twelve percent."
        status = run.status()
        assert status["board_figures"]["battery"] == {"percent": 12, "charging": False}
        assert "low battery" in status["slow"]
