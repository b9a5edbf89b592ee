"""The decoder as GGUF in float32, which llama.cpp's own quantiser makes the smaller types from."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
from gguf import LlamaFileType, TokenType

from mortar_tools.cards import tokenizer
from mortar_tools.cards.tokenizer import ANSWER, BOS, CONTROL, END, USER
from mortar_tools.cards.training.model import Language

CONTEXT_TOK = 512
"""More than the longest prompt that the model was trained on, with room to spare."""

CHAT = (
    f"{BOS}"
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    f"{{{{ message['content'] }}}}{END}"
    "{% elif message['role'] == 'user' %}"
    "{% set parts = message['content'].rsplit('__>', 1) %}"
    "{% if parts | length > 1 %}{{ parts | first }}__>{% endif %}"
    f"{USER}{{{{ parts | last | trim }}}}{ANSWER}"
    "{% endif %}"
    "{% endfor %}"
)
"""The prompt as a chat template, for llama.cpp's own tools: the picture stands before its question.

They put <__media__>, or a name of that kind, before a question with a picture; libmtmd puts the
picture and its marks in its place.
"""


def write_vocabulary(writer: gguf.GGUFWriter) -> None:
    """The tokenizer, as llama.cpp's byte-level BPE."""
    model = json.loads(tokenizer.FILE.read_text())["model"]
    tokens = tokenizer.tokens()
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    types = dict.fromkeys(CONTROL, TokenType.CONTROL) | dict.fromkeys(tokenizer.spare(), TokenType.UNUSED)
    writer.add_token_types([types.get(token, TokenType.NORMAL) for token in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokenizer.control(BOS))
    writer.add_eos_token_id(tokenizer.control(END))
    # The start mark is written by whoever writes the prompt, so that there is never a second one.
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT)


def write(language: Language, name: str, licence: str, path: Path) -> None:
    """The decoder, float32 throughout."""
    shape = language.shape
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_license(licence)
    writer.add_context_length(CONTEXT_TOK)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.mlp)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_eps)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(LlamaFileType.ALL_F32)
    write_vocabulary(writer)
    for key, value in language.state_dict().items():
        writer.add_tensor(key, value.detach().float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
