"""Whoever can be asked about pictures: the model in four shapes, behind one protocol."""
