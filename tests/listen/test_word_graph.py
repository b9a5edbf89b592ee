"""The graph has the sentences that the templates write out, and no state too many."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from mortar.assistant.grammar import sentence_grammar
from mortar.word_graph import Grammar, grammar

WORDS = st.sampled_from(["a", "b", "c", "{x}", "{y}"])
PLAIN = st.sampled_from(["a", "b", "c"])


def phrases(words: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.lists(words, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4)


def written_out(phrase: str, lists: dict[str, list[str]]) -> Iterator[str]:
    """Every sentence that the phrase stands for."""
    for name, entries in lists.items():
        if (place := f"{{{name}}}") in phrase:
            for entry in entries:
                yield from written_out(phrase.replace(place, entry, 1), lists)
            return
    yield phrase


def sentences(held: Grammar, state: int) -> Iterator[str]:
    if state in held.ends:
        yield ""
    for word, after in held.ways[state].items():
        for rest in sentences(held, after):
            yield f"{word} {rest}".strip()


@given(phrases(WORDS), phrases(PLAIN), phrases(st.sampled_from(["a", "d", "{x}"])))
def test_it_has_what_the_templates_write_out(templates: list[str], x: list[str], y: list[str]) -> None:
    """Each once, with lists in lists, entries of several words, and words that begin several."""
    lists = {"y": y, "x": x}
    held = grammar(templates, lists)
    found = list(sentences(held, held.start))
    assert sorted(found) == sorted({out for text in templates for out in written_out(text, lists)})


@given(phrases(WORDS), phrases(PLAIN))
def test_no_two_states_are_alike(templates: list[str], x: list[str]) -> None:
    held = grammar(templates, {"x": x, "y": x})
    alike = {(tuple(sorted(ways.items())), state in held.ends) for state, ways in enumerate(held.ways)}
    assert len(alike) == len(held.ways)


def test_a_wake_word_in_front_costs_next_to_nothing() -> None:
    """What follows it is what follows nothing."""
    alone, woken = sentence_grammar([]), sentence_grammar(["okay nabu", "hey jarvis"])
    assert len(woken.ways) <= len(alone.ways) + 4
