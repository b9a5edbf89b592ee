"""The assistant in a simulated room, hearing itself: faster than real time, with the real ears."""
