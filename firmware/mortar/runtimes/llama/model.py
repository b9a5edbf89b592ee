"""Language model on llama.cpp.

One model, one context, one sequence. Embeddings are read where they lie: `llama_batch.embd` points
at the caller's memory (llama_decode makes one copy of its own, into its micro-batch).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats, Held, Interrupted
from mortar.runtimes.llama import abilities, backend, chat, fit, mapping
from mortar.runtimes.llama.breakdown import placed
from mortar.runtimes.llama.finite import check_finite
from mortar.runtimes.llama.log import LOG
from mortar.runtimes.llama.placing import ON_CPU, Placing, unit
from mortar.runtimes.llama.positions import Integers, Positions
from mortar.runtimes.projectors import ONE_BY_ONE, Rows

BATCH_TOK = 512
"""Most tokens of one llama_decode; more are read in several. llama.cpp's own default."""

OUTPUTS_TOK = 64
"""Most tokens of one llama_decode that each give logits: room is kept for so many rows of the vocabulary."""

SEQUENCE = 0

STATE_PARAMETERS = (
    "type_k",
    "type_v",
    "flash_attn_type",
    "rope_scaling_type",
    "rope_freq_base",
    "rope_freq_scale",
    "yarn_ext_factor",
    "yarn_attn_factor",
    "yarn_beta_fast",
    "yarn_beta_slow",
    "yarn_orig_ctx",
    "swa_full",
    "kv_unified",
)
"""Of llama_context_params, those that a saved state depends on."""

# What llama_decode returns, beside 0.
NO_ROOM = 1
ABORTED = 2

TOKENS = ctypes.POINTER(ctypes.c_int32)
"""Tokens and positions, both int32."""

FLOATS = ctypes.POINTER(ctypes.c_float)
BYTES = ctypes.POINTER(ctypes.c_int8)

ABORT_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)


class LlamaLanguageModel:
    """A LanguageModel. Raises MortarError where the file is no model that llama.cpp can run.

    `should_stop` is asked between the operations of a decode (some hundred times a token), from
    whichever thread decodes; True ends the decode with Interrupted.
    """

    def __init__(
        self,
        path: Path,
        *,
        n_ctx: int,
        threads: int,
        should_stop: Callable[[], bool],
        batch_tok: int = BATCH_TOK,
        outputs_tok: int = OUTPUTS_TOK,
        placing: Placing = ON_CPU,
        rows: Rows = ONE_BY_ONE,
    ) -> None:
        backend.start_backend()
        device = placing.device()
        model_parameters = placing.model_parameters(device)
        context_parameters = placing.context_parameters(n_ctx, threads, batch_tok, outputs_tok)
        fit.check(path, model_parameters, context_parameters)
        self._model = backend.load(path, model_parameters)
        try:
            self._context = backend.new_context(self._model, path, context_parameters)
        except MortarError:
            llama_cpp.llama_model_free(self._model)
            raise
        n_layer = int(llama_cpp.llama_model_n_layer(self._model))
        self.unit = unit(device, placing.gpu_layers, n_layer)
        self.held: Sequence[Held] = [one.held for one in placed(self._context)]
        self.state_form = " ".join(
            [backend.build(), *(f"{name}={getattr(context_parameters, name)}" for name in STATE_PARAMETERS)]
        )
        if any(one.model_bytes and not one.is_mapped for one in self.held):
            mapping.let_go(path)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.n_ctx = int(llama_cpp.llama_n_ctx(self._context))
        # Of what it is given: with deepstack (Qwen3-VL) a row carries those of inner layers too.
        self.n_embd = int(llama_cpp.llama_model_n_embd_inp(self._model))
        # Never more than the context: llama.cpp ends the process over a batch that is larger.
        self._batch_tok = int(llama_cpp.llama_n_batch(self._context))
        self._outputs_tok = int(context_parameters.n_outputs_max)
        self.n_vocab = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.chat = chat.chat(self._model, path.name)
        self._is_moving = False
        """Something was moved up, which the next decode computes (llama.cpp's K-shift)."""
        rope_type = int(llama_cpp.llama_model_rope_type(self._model))
        has_axes = abilities.has_axes(rope_type)
        self._positions = Positions(has_axes=has_axes, columns=rows.columns)
        self._is_causal = rows.causal
        may_shift = not has_axes and bool(llama_cpp.llama_memory_can_shift(self._memory))
        may_split = not has_axes and rows.causal
        try:
            self.abilities = abilities.probed(self, may_shift=may_shift, may_split=may_split)
        except MortarError:
            self.close()
            raise
        # Kept here because llama.cpp keeps only the pointer.
        self._abort_callback = ABORT_CALLBACK(lambda _: should_stop())
        llama_cpp.llama_set_abort_callback(self._context, self._abort_callback, ctypes.c_void_p(None))

    def close(self) -> None:
        """Free the memory; nothing may be called any more."""
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    # --- text ---

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        data = text.encode("utf-8")
        # A token covers a byte or more, and an added space costs one more.
        room = len(data) + 8
        tokens = (llama_cpp.llama_token * room)()
        n_tok = llama_cpp.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special)
        return list(tokens[:n_tok])

    def piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(size, 0)]

    def is_end(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def control_tokens(self, text: str) -> set[str]:
        return chat.control_tokens(self._model, self.tokenize(text, special=True))

    # --- memory ---

    def keep(self, n_tok: int) -> int:
        pos = self._positions.of(n_tok)
        self._positions.forget_from(n_tok)
        if llama_cpp.llama_memory_seq_rm(self._memory, SEQUENCE, pos, -1):
            return min(n_tok, self._positions.entries(self.last_position()))
        # Recurrent and sliding-window memories refuse to forget a part.
        self._clear()
        return 0

    def cut(self, begin: int, end: int) -> None:
        llama_cpp.llama_memory_seq_rm(self._memory, SEQUENCE, begin, end)
        llama_cpp.llama_memory_seq_add(self._memory, SEQUENCE, end, -1, begin - end)
        self._is_moving = True

    def state(self) -> bytes:
        size_bytes = int(llama_cpp.llama_state_seq_get_size(self._context, SEQUENCE))
        data = (ctypes.c_uint8 * size_bytes)()
        written = int(llama_cpp.llama_state_seq_get_data(self._context, data, size_bytes, SEQUENCE))
        return bytes(memoryview(data)[:written])

    def restore(self, state: bytes) -> bool:
        self._clear()
        data = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if llama_cpp.llama_state_seq_set_data(self._context, data, len(state), SEQUENCE) == len(state):
            return True
        self._clear()
        return False

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)
        self._positions.forget_from(0)

    def last_position(self) -> int:
        """The largest position that the memory holds; -1 where it is empty."""
        return int(llama_cpp.llama_memory_seq_pos_max(self._memory, SEQUENCE))

    # --- work ---

    def decode(self, tokens: Sequence[int], pos: int) -> None:
        for start in range(0, len(tokens), self._batch_tok):
            part = np.array(tokens[start : start + self._batch_tok], np.int32)
            self._decode(self._of_tokens(pos + start, len(part)), token=part.ctypes.data_as(TOKENS))

    def decode_embeddings(self, address: int, n_tok: int, pos: int) -> None:
        row_bytes = self.n_embd * ctypes.sizeof(ctypes.c_float)
        positions = self._positions.of_rows(pos, n_tok)
        llama_cpp.llama_set_causal_attn(self._context, self._is_causal)
        try:
            for start in range(0, n_tok, self._batch_tok):
                rows = ctypes.cast(address + start * row_bytes, FLOATS)
                self._decode(positions[:, start : start + self._batch_tok], embd=rows)
        finally:
            llama_cpp.llama_set_causal_attn(self._context, True)
        self._positions.picture_was_read(pos, n_tok)

    def _of_tokens(self, pos: int, n_tok: int) -> Integers:
        """llama.cpp makes the other axes of text by itself."""
        first = self._positions.of(pos)
        return np.arange(first, first + n_tok, dtype=np.int32)[np.newaxis]

    def decode_each(self, tokens: Sequence[int], pos: int) -> Floats:
        most = self._outputs_tok
        if len(tokens) > most:
            starts = range(0, len(tokens), most)
            return np.concatenate(
                [self.decode_each(tokens[at : at + most], pos + at).copy() for at in starts]
            )
        part = np.array(tokens, np.int32)
        wanted = np.ones(len(part), np.int8)
        positions = self._of_tokens(pos, len(part))
        self._decode(positions, token=part.ctypes.data_as(TOKENS), logits=wanted.ctypes.data_as(BYTES))
        # One row after the other: every token of the batch gave its own.
        first = llama_cpp.llama_get_logits(self._context)
        each = np.ctypeslib.as_array(first, (len(part), self.n_vocab))
        check_finite(each)
        return each

    def logits(self) -> Floats:
        last = llama_cpp.llama_get_logits_ith(self._context, -1)
        found = np.ctypeslib.as_array(last, (self.n_vocab,))
        check_finite(found)
        return found

    def _decode(self, positions: Integers, **payload: Any) -> None:
        """Decode `token` or `embd` at `positions`, [axes, n_tok]. What the batch leaves out is NULL: sequence
        0, the last token's logits alone.

        Positions are given, not left to llama.cpp, so that it refuses ones that do not follow on.
        """
        held = np.ascontiguousarray(positions)
        batch = llama_cpp.llama_batch(n_tokens=held.shape[1], pos=held.ctypes.data_as(TOKENS), **payload)
        LOG.begin()
        code = llama_cpp.llama_decode(self._context, batch)
        if code != 0 and self._is_moving:
            # It may have ended in the middle of that, and llama.cpp would do all of it once more.
            self._clear()
        self._is_moving = False
        match code:
            case 0:
                return
            case code if code == ABORTED:
                raise Interrupted
            case code if code == NO_ROOM:
                raise MortarError(
                    "language-context-full",
                    f"no room in the language model's context of {self.n_ctx} tokens",
                    "ask a shorter question, or raise context_tok in [language]",
                )
            case code:
                raise MortarError(
                    "language-engine-failed",
                    f"llama.cpp could not decode ({code}{LOG.said()})",
                    "see the log; if it comes back, report it",
                )
