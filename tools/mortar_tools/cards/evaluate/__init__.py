"""`mortar tools eval cards`: how good the picture cards' model is, on scenes that nobody trained on.

exam     draws scenes, asks about them, and keeps what was answered
marking  reads an answer: which things it names, which number
results  the figures of an exam; figures and calibration have their arithmetic
compare  the same exam taken by the checkpoint, the shipped files and libmtmd
report   what is written: tables, figures.json, and the plots
"""

from mortar_tools.cards.evaluate.command import main

__all__ = ["main"]
