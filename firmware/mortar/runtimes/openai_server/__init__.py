"""An OpenAI-compatible server on the user's own network: llama-server, vLLM, Ollama and the like."""

from mortar.runtimes.openai_server.client import OpenAIServer, Written
from mortar.runtimes.openai_server.stream import Piece

__all__ = ["OpenAIServer", "Piece", "Written"]
