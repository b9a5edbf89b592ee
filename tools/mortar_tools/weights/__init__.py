"""Models on disk, taken apart and put together again: GGUF files and folders around them. Needs no torch."""
