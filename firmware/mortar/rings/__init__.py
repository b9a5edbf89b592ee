"""Payload between processes: shared memory that one process writes and others may only read."""
