"""What a live chart asks for: a run's state and its new points, ready for JSON."""

from typing import Any

from fairlab.runs.store import RunStore


def points_payload(store: RunStore, run_id: str, after: int = 0) -> dict[str, Any]:
    """State of a run and its points after a cursor.

    Args:
        after: ``next`` of the payload before; 0 for everything.

    Returns:
        JSON-able data. ``rows`` has one entry per family and epoch, as
        :func:`fairlab.runs.records.progress_data` makes it, plus ``id``; undefined is null.
        ``next`` is the cursor to ask with next. When ``attempt`` changes, training started
        again: forget earlier rows. ``queue_position`` is 1 for the run that starts next, 0 for
        one that does not wait. ``final`` says that nothing will change any more.

    Raises:
        UnknownNameError: If there is no run with this id.
    """
    record, found, position = store.follow(run_id, after)
    return {
        "state": record.state.value,
        "message": record.message,
        "final": not record.state.active,
        "cancel_requested": record.cancel_requested,
        "attempt": record.attempt,
        "share_done": record.share_done,
        "queue_position": position,
        "has_result": record.result_key is not None,
        "next": found[-1].id if found else after,
        "rows": [{"id": event.id, **event.data} for event in found],
    }
