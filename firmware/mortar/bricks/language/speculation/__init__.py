"""Speculative decoding: several tokens of an answer are guessed, and checked by the model in one batch."""
