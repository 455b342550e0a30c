"""What this visitor may do with a run or a table. A link to a run is the permission to read it."""

from fairlab.config import DataConfig
from fairlab.runs.records import RunRecord
from fairlab.ui.owner import owner
from fairlab.ui.store import store


def is_mine(record: RunRecord) -> bool:
    """Whether this visitor started the run: may cancel and delete it, and show it in a room.

    Runs of nobody in particular (from the shell, or of before runs had owners) are nobody's.
    """
    return record.owner != "" and record.owner == owner()


def may_open_table(data: DataConfig) -> bool:
    """Whether the rows of this table may be shown to, or trained on by, this visitor.

    Tables of the catalog are everybody's. An uploaded table is open to those who uploaded it;
    who knows its fingerprint, from a link or an exported run, has not.
    """
    if data.source != "file":
        return True
    return data.fingerprint != "" and data.fingerprint in fingerprints()


def is_closed(run_id: str) -> bool:
    """Whether this visitor may not open the table of a run: somebody else uploaded it.

    Then people are not shown one by one, and cells of few people are never shown.
    """
    return not may_open_table(store().get(run_id).config.data)


def fingerprints() -> frozenset[str]:
    """Of the tables this visitor uploaded."""
    return frozenset(upload.fingerprint for upload in store().uploads_of(owner()))
