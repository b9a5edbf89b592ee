"""Chat templates as Hugging Face renders them: Jinja in a sandbox, with the few functions that templates use.

A template is a program that came with somebody's file: it reaches nothing but what it is given.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NoReturn

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

Message = dict[str, Any]
"""role, and content: a text, or a list of typed parts."""


class TemplateFailed(Exception):
    """In one line."""


class _Generation(Extension):
    """{% generation %} ... {% endgeneration %}: marks what a model is trained on, and changes nothing."""

    tags = {"generation"}  # noqa: RUF012  (as jinja2 declares it)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Template:
    """Raises TemplateFailed where `source` is no template."""

    def __init__(self, source: str, bos: str, eos: str) -> None:
        # Blocks and blanks as in transformers.utils.chat_template_utils, which templates are written for.
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _tojson
        environment.globals |= {
            "raise_exception": _raise,
            "strftime_now": lambda form: datetime.now().strftime(form),
            "bos_token": bos,
            "eos_token": eos,
        }
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise TemplateFailed(_line(error)) from None

    def render(self, messages: list[Message], *, add_generation_prompt: bool) -> str:
        """The text of a conversation; with a model that can think before it speaks, without that: people
        wait. Raises TemplateFailed."""
        try:
            return self._template.render(
                messages=messages, add_generation_prompt=add_generation_prompt, enable_thinking=False
            )
        except (TemplateError, SecurityError, TypeError, ValueError, LookupError, AttributeError) as error:
            raise TemplateFailed(_line(error)) from None
        except (ArithmeticError, RecursionError) as error:
            raise TemplateFailed(_line(error)) from None


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _tojson(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
