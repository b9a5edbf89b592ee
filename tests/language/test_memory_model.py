"""The language model's memory through any sequence of turns, pictures, questions and interruptions.

The model is simulated: it knows what each position holds and which pictures it has seen, so the mirror is
compared with the thing itself, for models that can do all, some or nothing with their memory.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from language.simulated import SimulatedModel, address_of, rows_of
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.prefix import Prefix
from mortar.bricks.language.state_files import StateFiles
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Abilities, Interrupted

BEGIN: list[Entry] = [250, 251, 252]
Turns = st.lists(st.integers(0, 3), min_size=1, max_size=12)
"""Few words, so that turns have parts in common by chance."""

Said = st.lists(st.integers(0, 3), min_size=4, max_size=12)

Stops = st.one_of(st.none(), st.integers(0, 12))
"""After how many tokens of a decode it is interrupted."""


def unexpected(error: MortarError) -> None:
    raise error


class MemoryMachine(RuleBasedStateMachine):
    @initialize(forgets=st.booleans(), cuts=st.booleans(), splits=st.booleans(), chunk_tok=st.integers(1, 9))
    def load(self, forgets: bool, cuts: bool, splits: bool, chunk_tok: int) -> None:
        self._folder = TemporaryDirectory(prefix="mortar-prefix-")
        self.model = SimulatedModel(Abilities(forgets, cuts and forgets, splits))
        files = StateFiles(Path(self._folder.name), unexpected)
        self.prefix = Prefix(BEGIN, "0" * 64, self.model, files)
        self.memory = Memory(self.model, chunk_tok, self.prefix)
        self.turns: list[list[int]] = []
        self.picture: int | None = None
        self.said: list[int] = []
        self.shown = 0
        self.there_tok = 0
        self.was_interrupted = False

    # --- what is known ---

    @rule(turn=Turns)
    def turn_is_told(self, turn: list[int]) -> None:
        self.turns.append(turn)

    @precondition(lambda self: self.said)
    @rule()
    def turn_is_over(self) -> None:
        """Its picture leaves, and what was said stays as text: the same tokens as behind the picture."""
        self.turns.append(self.said)
        self.said, self.picture = [], None

    @precondition(lambda self: self.turns)
    @rule(n=st.integers(1, 3))
    def oldest_turns_leave(self, n: int) -> None:
        del self.turns[:n]

    @rule(n_tok=st.integers(0, 8))
    def picture_comes(self, n_tok: int) -> None:
        """The first rows of it are there, where it may be read in parts."""
        self.shown += 1
        self.picture = self.shown
        self.there_tok = min(n_tok, rows_of(self.shown)) if self.model.abilities.splits_pictures else 0

    @precondition(lambda self: self.picture)
    @rule(n_tok=st.integers(1, 8))
    def picture_grows(self, n_tok: int) -> None:
        whole_tok = rows_of(self.picture)
        grown_tok = min(self.there_tok + n_tok, whole_tok)
        self.there_tok = grown_tok if self.model.abilities.splits_pictures else whole_tok

    @rule()
    def picture_leaves(self) -> None:
        self.picture = None

    def wanted(self, question: list[int] | None = None) -> list[Entry]:
        turns = [token for turn in self.turns for token in turn]
        number = self.picture
        rows = [PictureToken(number, row) for row in range(self.there_tok)] if number else []
        return [*BEGIN, *turns, *rows, *(question or [])]

    # --- what is done ---

    @rule(stop=Stops)
    def read_a_chunk(self, stop: int | None) -> None:
        self._try(stop, lambda: self.memory.bring_nearer(self.wanted(), self._address))

    @rule()
    def read_all_that_is_known(self) -> None:
        wanted = self.wanted()
        for _ in range(len(wanted) + 1):
            if self.memory.holds(wanted):
                break
            self.memory.bring_nearer(wanted, self._address)
        assert self.memory.holds(wanted), "chunk after chunk it comes nearer"
        assert [cell.entry for cell in self.model.cells] == wanted
        self.was_interrupted = False

    @rule(question=Said, answer=Said, stop=Stops)
    def answer(self, question: list[int], answer: list[int], stop: int | None) -> None:
        if self.picture:
            self.there_tok = rows_of(self.picture)  # which the question waits for
        prompt = self.wanted(question)
        self.said = [*question, *answer]

        def written() -> None:
            before_tok = self.model.read_tok
            read = self.memory.bring(prompt, self._address, predict=True)
            assert read.reused_tok + read.read_tok == len(prompt)
            assert self.model.read_tok - before_tok == read.read_tok > 0, "each token is read once"
            for token in answer:
                self.memory.add(token)
            assert [cell.entry for cell in self.model.cells] == [*prompt, *answer]

        self._try(stop, written)

    @rule()
    def write_prefix(self) -> None:
        self.prefix.write()

    @rule()
    def start_again(self) -> None:
        """Another process, with what is on the disk."""
        self.model.keep(0)
        self.memory = Memory(self.model, 4, self.prefix)
        self.memory.restore_prefix()
        self.was_interrupted = False

    def _try(self, stop: int | None, work: Callable[[], object]) -> None:
        self.model.stop_after = stop
        try:
            work()
            self.was_interrupted = False
        except Interrupted:
            self.was_interrupted = True
            assert not self.memory.holds([cell.entry for cell in self.model.cells])
        self.model.stop_after = None

    @property
    def _address(self) -> int | None:
        return address_of(self.picture) if self.picture else None

    # --- what must hold ---

    @invariant()
    def mirror_is_the_memory(self) -> None:
        """But after an interruption, of which it knows: then it holds nothing for sure."""
        if hasattr(self, "memory"):
            held = [cell.entry for cell in self.model.cells]
            assert self.memory.holds(held) or self.was_interrupted

    @invariant()
    def nothing_has_seen_a_picture_that_is_gone(self) -> None:
        if hasattr(self, "memory"):
            there: set[int] = set()
            for cell in self.model.cells:
                if isinstance(cell.entry, PictureToken):
                    there.add(cell.entry.picture)
                assert cell.seen <= there

    def teardown(self) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()


MemoryMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
TestAnySequence = MemoryMachine.TestCase


def test_what_was_said_of_a_picture_is_read_again_without_it() -> None:
    """The same tokens lie in the memory, behind the picture, and could be moved up: they have seen it."""
    model = SimulatedModel(Abilities(True, True, True))
    memory = Memory(model, 64)
    said, rows = list(range(20)), [PictureToken(1, row) for row in range(rows_of(1))]
    memory.bring([*BEGIN, *rows, *said], address_of(1), predict=True)
    read = memory.bring_nearer([*BEGIN, *said], None)
    assert (read.reused_tok, read.read_tok) == (len(BEGIN), len(said))
    assert not any(cell.seen for cell in model.cells)


def test_turns_behind_one_that_left_move_up() -> None:
    """With nothing read but what is new."""
    model = SimulatedModel(Abilities(True, True, True))
    memory = Memory(model, 64)
    first, second, third = ([number] * 3 + list(range(20)) for number in (100, 101, 102))
    memory.bring([*BEGIN, *first, *second], None)
    read = memory.bring_nearer([*BEGIN, *second, *third], None)
    assert (read.reused_tok, read.read_tok) == (len(BEGIN) + len(second), len(third))
    assert [cell.entry for cell in model.cells] == [*BEGIN, *second, *third]
