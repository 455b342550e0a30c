"""From what people accept, or prefer, to a point of the curve; and how that was done, as a record.

Points are picked on validation people only. See ``docs/decisions/0040-choosing.md``.
"""

from fairlab.choosing.records import Answer, HowChosen, Preference

__all__ = ["Answer", "HowChosen", "Preference"]
