"""`mortar tools make docs`: the pages and pictures in docs/ that are generated from the program."""

from __future__ import annotations

import argparse
import ast
import inspect
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from hassil import Intents, RangeSlotList, SlotList, WildcardSlotList, parse_sentence
from hassil.intents import Intent

from mortar import languages, resources, settings
from mortar.assistant.intents import in_words, kind_of, needs_dictation, thing_words
from mortar.assistant.meaning import Kind
from mortar.cards.deck import deck
from mortar.cards.sheets import sheets
from mortar.languages import Language
from mortar_tools import earcon_picture, error_page, models_page

SECTIONS = {
    Kind.LOOK: "About the picture",
    Kind.REPLY: "In reply to an answer, within two minutes",
    Kind.SKILL: "Without the picture",
}
"""Of the page of sentences."""

MADE_BY = "<!-- Made by `mortar tools make docs`: change the source, not this page. -->\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mortar tools make docs", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("docs"), help="default: docs")
    parser.add_argument("--no-pictures", action="store_true", help="only the pages")
    args = parser.parse_args(argv)
    for name, text in pages().items():
        (args.folder / name).write_text(text, encoding="utf-8")
    if not args.no_pictures:
        _draw_timeline(args.folder / "pictures" / "timeline.svg")
        _draw_cards(args.folder / "pictures" / "cards.png")
        (args.folder / "pictures" / "earcons.svg").write_text(earcon_picture.picture(), encoding="utf-8")
    return 0


def pages() -> dict[str, str]:
    """File name → text of each generated page."""
    return {
        "settings.md": settings_page(),
        **{sentences_name(tag): sentences_page(languages.of(tag)) for tag in languages.known()},
        "errors.md": error_page.page(MADE_BY),
        "models.md": models_page.page(MADE_BY),
    }


def sentences_name(tag: str) -> str:
    """Of the page about a language."""
    return "sentences.md" if tag == languages.REFERENCE else f"sentences.{tag}.md"


def settings_page() -> str:
    """Every section and key with its default, its limits, and the line under the field."""
    lines = [
        MADE_BY,
        "# Settings\n",
        "Mortar reads the board's profile (`board/profiles/BOARD.toml`), what `mortar tools tune` measured",
        "on this very board (`~/.local/share/mortar/measured/BOARD.toml`), and then one file of yours:",
        "`~/.config/mortar/mortar.toml` (`/etc/mortar/mortar.toml` for root), or `--config FILE`.",
        "A key that stands in no table below is an error that names file and key.\n",
    ]
    for name, kind in sections(settings.Settings):
        documented = dict(_field_docs(kind))
        lines += [f"## [{name}]\n", "| key | default | limits | what it does |", "|---|---|---|---|"]
        for field in keys(kind):
            default = f"`{msgspec.json.encode(_default(field)).decode()}`"
            lines.append(f"| `{field.name}` | {default} | {_limits(field.type)} | {documented[field.name]} |")
        lines.append("")
    return "\n".join(lines)


def sections(kind: type[msgspec.Struct], within: str = "") -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """(name as in the file, fields) of every table of settings; one within another after it."""
    for field in msgspec.structs.fields(kind):
        if _is_section(field):
            yield f"{within}{field.name}", field.type
            yield from sections(field.type, f"{within}{field.name}.")


def keys(kind: type[msgspec.Struct]) -> list[msgspec.structs.FieldInfo]:
    """The fields of a table that are no tables themselves."""
    return [field for field in msgspec.structs.fields(kind) if not _is_section(field)]


def _is_section(field: msgspec.structs.FieldInfo) -> bool:
    return isinstance(field.type, type) and issubclass(field.type, settings.Section)


def sentences_page(language: Language) -> str:
    """What the bundled ears understand, an intent a section."""
    is_english = language.tag == languages.REFERENCE
    lines = [MADE_BY, *(_english_head() if is_english else _other_head(language))]
    templates = Intents.from_files(language.sentences)
    for kind, title in SECTIONS.items():
        lines.append(f"## {title}\n")
        for name, intent in templates.intents.items():
            if kind_of(name) is kind:
                lines.append(f"- **{name}**: " + _said(intent, templates))
        lines.append("")
    return "\n".join([*lines, *_parts_of_sentences(language), ""])


def _english_head() -> Iterator[str]:
    with (resources.bundled_model() / "things.toml").open("rb") as file:
        names = {kind: [row["name"] for row in rows] for kind, rows in tomllib.load(file).items()}
    others = [f"[{tag}]({sentences_name(tag)})" for tag in languages.known() if tag != languages.REFERENCE]
    yield "# What you can say\n"
    yield "The bundled ears understand these sentences and nothing else: [free dictation](dictation.md) comes"
    yield "with an installed speech-to-text model. `(a|b)` is a choice, and `[a]` may be left out. This is"
    yield f"English; [other languages](languages.md) have a page of their own: {', '.join(others)}.\n"
    yield "`<card>` and `<other>` are the name of a thing, or of a shape with or without its colour:"
    yield "“cat”, “circle”, “red circle”. `<cards>` and `<others>` are the same in the plural, `<a_card>`"
    yield "with its article. `<kind>` and `<kinds>` go without a colour. `{side}` is “on the left”, “in"
    yield "the middle” or “on the right”.\n"
    yield f"- {len(names['thing'])} things: {', '.join(names['thing'])}"
    yield f"- {len(names['shape'])} shapes: {', '.join(names['shape'])}"
    yield f"- {len(names['colour'])} colours: {', '.join(names['colour'])}\n"
    yield "Typed questions (`mortar describe --ask`) are not limited to these: the model was also taught"
    yield "to say so where it does not know a word, or where a picture cannot tell.\n"


def _other_head(language: Language) -> Iterator[str]:
    yield f'# What you can say, with `assistant.language = "{language.tag}"`\n'
    yield "The bundled ears understand these sentences and nothing else; [languages](languages.md) tells how"
    yield "well, and how questions about a picture are put to the bundled model. `(a|b)` is a choice, and"
    yield "`[a]` may be left out.\n"
    if language.things is not None:
        yield "`<card>` and the like are the name of a thing, or of a shape with or without its colour, in"
        yield "the form that the sentence asks for.\n"
        words = thing_words(resources.bundled_model() / "things.toml", language)
        yield f"- things: {', '.join(word for word, _ in words['the_thing'])}"
        yield f"- shapes: {', '.join(word for word, _ in words['the_shape'])}\n"


def _said(intent: Intent, templates: Intents) -> str:
    """Its sentences; those behind that the bundled ears leave out."""
    known: list[str] = []
    dictated: list[str] = []
    for text in (text for data in intent.data for text in data.sentence_texts):
        is_dictated = needs_dictation(parse_sentence(text), templates)
        (dictated if is_dictated else known).append(f"`{text}`")
    also = f"; with [dictation](dictation.md) also {' · '.join(dictated)}" if dictated else ""
    return " · ".join(known) + also


def _parts_of_sentences(language: Language) -> Iterator[str]:
    """What the rules and lists of each file stand for; those about the picture are explained in words."""
    for file in language.sentences:
        if file.stem != "look":
            held = Intents.from_files([file])
            for name, rule in held.expansion_rules.items():
                yield f"- `<{name}>`: `{rule.text}`"
            for name, slots in held.slot_lists.items():
                yield f"- `{{{name}}}`: {_entries(name, slots, held.language)}"


def _entries(name: str, slots: SlotList, language: str) -> str:
    if isinstance(slots, RangeSlotList):
        return f"a number from {slots.start} to {slots.stop}"
    if isinstance(slots, WildcardSlotList):
        return "any words"
    return ", ".join(in_words(name, slots, language))


def _field_docs(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """(field, the string on the line under it) of a settings section."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    for node, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            match after:
                case ast.Expr(ast.Constant(str(text))):
                    yield node.target.id, " ".join(text.split())


def _default(field: msgspec.structs.FieldInfo) -> object:
    made: object = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return made


def _limits(annotation: object) -> str:
    """The bounds of a field's Annotated type, as people write them."""
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    metas = [meta for meta in getattr(annotation, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    bounds = [
        f"{sign} {getattr(meta, name)}"
        for meta in metas
        for name, sign in signs.items()
        if getattr(meta, name) is not None
    ]
    return ", ".join(bounds)


def _draw_timeline(picture: Path) -> None:
    """Play the session's first exchange in real time, and keep its timeline."""
    session = resources.session_folder()
    recording, scene = (sorted(session.glob(pattern))[0] for pattern in ("*.flac", "*.png"))
    command = [sys.executable, "-m", "mortar", "run", "--once", "--timeline", str(picture)]
    with tempfile.TemporaryDirectory() as folder:
        files = ["--mic", str(recording), "--camera", str(scene), "--speaker", f"{folder}/answer.wav"]
        subprocess.run([*command, *files], check=True)


def _draw_cards(picture: Path) -> None:
    """The first sheet that `mortar cards --names` prints, as a PDF reader shows it."""
    # Only this picture needs the reader, which comes with the dev extra.
    import pypdfium2

    content, _ = sheets(deck(resources.bundled_model()), "a4", 60.0, names=True)
    page = pypdfium2.PdfDocument(content)[0]
    page.render().to_pil().quantize(128).save(picture, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
