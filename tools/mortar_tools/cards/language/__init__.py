"""Questions and answers about a scene, from its ground truth alone.

Questions come from the sentence templates that the firmware recognises. Answers are short whole
sentences with one right wording each, so that "exactly right" can be measured. Where ground truth
is not clear enough for one right answer (a card between left and middle), the question is not asked.
"""

from mortar_tools.cards.language.interview import KINDS, Turn, interview, small_talk

__all__ = ["KINDS", "Turn", "interview", "small_talk"]
