"""llama.cpp, by the low-level calls of llama-cpp-python and in llama.cpp's own terms."""
