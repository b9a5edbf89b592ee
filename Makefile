# Everything goes through the environment in .venv, which `make setup` builds; a second set-up takes no time.
bin := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-tools run test test-all bench lint format pins clean

help: ## show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## build the environment in .venv (about 10 minutes the first time)
	@tools/setup/setup.sh

setup-tools: setup ## add what converting and training models needs (torch and others, large)
	@tools/setup/setup.sh tools

run: setup ## run the assistant on this computer
	@$(bin)/mortar run --board host

# The ears' engines carry a ggml and a TensorFlow Lite of their own, which do not fit into one process with
# llama.cpp's and ai-edge-litert's. In the program they are in different processes, and so they are in tests.
# What plays on a sound card, if only PulseAudio's, and scenarios, in which somebody speaks while it rings, run in
# real time, and have the processor to themselves.
live := tests/sound tests/system/test_sound_card.py tests/voice/test_speaker.py tests/scenarios
side_by_side := -n 2 --dist loadfile

test: setup lint ## check style and types, then run the tests that take minutes
	$(bin)/python -m pytest $(side_by_side) --ignore tests/ears $(addprefix --ignore=,$(live))
	$(bin)/python -m pytest $(side_by_side) tests/ears
	$(bin)/python -m pytest $(live)

# With MORTAR_LLAMA=vulkan it holds the answers of a software GPU against those of the CPU, too.
test-all: setup lint ## also run the slow tests: soaks, long fuzzing
	$(bin)/python -m pytest --ignore tests/ears -m "slow or not slow"
	$(bin)/python -m pytest tests/ears -m "slow or not slow"

bench: setup ## measure the whole loop on this computer
	@$(bin)/mortar tools bench loop

lint: setup ## check style and types
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy

format: setup ## put the code into its form and mend what can be mended
	$(bin)/ruff format
	$(bin)/ruff check --fix

# To move to newer packages: .venv/bin/pip install --upgrade --editable '.[dev,tools]', then make pins and test-all.
pins: ## write constraints.txt from what is installed in .venv
	tools/setup/pins.sh

clean: ## remove what make made here (the built llama.cpp stays in ~/.cache/mortar)
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
