"""What was found about one form, and whether it is good enough."""

from __future__ import annotations

from dataclasses import dataclass

from mortar.runtimes.forms import MOST_LOST, Checked, Precision
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.vision.check.cosines import Nearness

LEAST_COSINE = 0.999
"""Mean cosine that a form in floats must reach: float16 has 11 bits of precision, and reaches 0.999999."""
POINTS = 100.0
"""In one."""

FLOATS = (Precision.F32, Precision.F16)


@dataclass(frozen=True)
class Result:
    """One form against the reference."""

    name: str
    precision: Precision
    by: str
    """What ran it."""
    against: str
    nearness: Nearness
    accuracy: Figure | None = None
    lost: Figure | None = None
    """Of answer accuracy; 0.01 is a point. None where nobody knows the right answers."""

    @property
    def trouble(self) -> str:
        """What is not good enough; "" where all is."""
        if not self.nearness.mean > 0 or (self.precision in FLOATS and self.nearness.mean < LEAST_COSINE):
            return f"its mean cosine is {self.nearness.mean:.4f}, below {LEAST_COSINE}"
        if self.lost is not None and self.lost.value * POINTS > MOST_LOST:
            return f"it loses {self.lost.value * POINTS:.1f} points of answer accuracy, more than 1"
        return ""

    @property
    def checked(self) -> Checked:
        """For its sidecar."""
        return Checked(
            cosine=round(self.nearness.mean, 6),
            worst=round(self.nearness.worst, 6),
            against=self.against,
            by=self.by,
            pictures=len(self.nearness.all),
            accuracy_lost=None if self.lost is None else round(self.lost.value * POINTS, 2),
        )

    def as_json(self) -> dict[str, object]:
        """One JSON object, figures as they are."""
        found: dict[str, object] = {
            "form": self.name,
            "precision": self.precision,
            "by": self.by,
            "against": self.against,
            "pictures": len(self.nearness.all),
            "cosine": round(self.nearness.mean, 7),
            "cosine_worst": round(self.nearness.worst, 7),
            "worst_picture": self.nearness.worst_picture,
            "trouble": self.trouble,
        }
        if self.accuracy is not None and self.lost is not None:
            low, high = self.lost.interval
            found |= {
                "accuracy": self.accuracy.value,
                "points_lost": round(self.lost.value * POINTS, 2),
                "points_lost_interval": [round(low * POINTS, 2), round(high * POINTS, 2)],
            }
        return found
