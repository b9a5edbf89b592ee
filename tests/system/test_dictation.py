"""Free dictation through the whole program: Moonshine, and a toy model that writes one sentence."""

from __future__ import annotations

from pathlib import Path

from listen.toy_models import SENTENCE, sherpa_folder
from mortar_tools.program import mortar
from scenes import table
from system.recordings import ask

TEXT = " ".join(SENTENCE)


def configured(tmp_path: Path, model: Path) -> Path:
    file = tmp_path / "mortar.toml"
    file.write_text(f'[listen]\nengine = "sherpa"\nmodel = "{model}"\nthreads = 1\n')
    return file


def test_hear_shows_words_while_they_are_spoken(tmp_path: Path) -> None:
    """Then the whole text, which no template has. The wake word is speech too, until it is known as one."""
    ran = mortar(
        tmp_path / "run",
        *("hear", ask(tmp_path / "q.wav", "whatever it is that one may want to say here"), "--json"),
        *("--config", configured(tmp_path, sherpa_folder(tmp_path / "model"))),
    )
    assert ran.status == 0, ran.errors
    shown = [line["text"] for line in ran.lines if line["event"] == "partial"]
    assert len(shown) > 1
    assert all(TEXT.startswith(text) for text in shown)
    assert shown[-1] == ran.result["text"] == TEXT
    assert (ran.result["wake"], ran.result["intent"]) == ("okay_nabu", None)


def test_moonshine_writes_down_what_no_template_has(tmp_path: Path) -> None:
    """With nothing to install. It shows its words in the pause before it is sure that it is the end."""
    (tmp_path / "mortar.toml").write_text('[listen]\nengine = "moonshine"\n')
    ran = mortar(
        tmp_path / "run",
        *("hear", ask(tmp_path / "q.wav", "yesterday i went to the market with my sister"), "--json"),
        *("--config", tmp_path / "mortar.toml"),
    )
    assert ran.status == 0, ran.errors
    shown = [line["text"] for line in ran.lines if line["event"] == "partial"]
    assert shown[-1] == ran.result["text"]
    assert "to the market with my sister" in ran.result["text"]
    assert (ran.result["wake"], ran.result["intent"]) == ("okay_nabu", None)


def test_free_text_goes_to_the_language_brick(tmp_path: Path) -> None:
    """In these words; the bundled model was taught others, and says what to do about that."""
    ran = mortar(
        tmp_path / "run",
        *("run", "--once", "--json", "--fast"),
        *("--mic", ask(tmp_path / "q.wav", "whatever it is that one may want to say here")),
        *("--camera", table(["cat"], tmp_path / "p.png")),
        *("--speaker", tmp_path / "a.wav"),
        *("--config", configured(tmp_path, sherpa_folder(tmp_path / "model"))),
    )
    assert ran.status == 1
    assert "install a larger model" in ran.errors
    assert (ran.result["heard"], ran.result["intent"]) == (TEXT, None)
    assert ran.result["answer"].startswith("I only know the cards.")
    assert ran.result["placement"]["speech to text"] == "sherpa-onnx/cpu"
    events = ran.events()
    assert events.index("partial") < events.index("understand_end") < events.index("answer_start")


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """Said at once, not after a minute of restarts."""
    ran = mortar(
        tmp_path / "run",
        *("hear", ask(tmp_path / "q.wav", "what do you see")),
        *("--config", configured(tmp_path, tmp_path / "no-such-model")),
    )
    assert ran.status == 1
    assert ran.errors.count("\n") == 1, ran.errors
    assert "no-such-model" in ran.errors
