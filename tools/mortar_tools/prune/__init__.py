"""Structural pruning: whole blocks, attention heads and MLP channels leave, and the tensors get smaller.

choose.py decides what leaves from what importance.py measures, cut.py takes it out of the file, recover.py
trains what is left to say what the whole model says.
"""
