"""Decision records: a choice that anybody can read, check and compute again.

See ``docs/decisions/0035-decision-records.md``; the schema is ``docs/schemas``.
"""

from fairlab.decision.making import Alternative, make_record, voices
from fairlab.decision.parts import KIND, Dissent, Fingerprint, Tally, WorkshopPart
from fairlab.decision.records import DecisionRecord, is_record, schema

__all__ = [
    "KIND",
    "Alternative",
    "DecisionRecord",
    "Dissent",
    "Fingerprint",
    "Tally",
    "WorkshopPart",
    "is_record",
    "make_record",
    "schema",
    "voices",
]
