"""Models with random weights in the exact shapes of published ones, for benches and tests that lack those.

They say nothing that means anything. They are named fake-..., and are never shipped.
"""
