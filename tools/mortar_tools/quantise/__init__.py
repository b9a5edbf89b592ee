"""Mixed precision by hierarchy: which matrices of a language model are worth how many bits.

`source` reads the float model, `hierarchy` takes it apart, `sensitivity` finds out what each part bears,
`allocate` spends a budget, `front` compares with what llama.cpp does by itself; `command` ties them together.
"""
