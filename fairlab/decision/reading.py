"""A file that is a run, or a decision record about one."""

from fairlab.config import RunConfig
from fairlab.decision.records import DecisionRecord, is_record
from fairlab.mappings import read_mapping


def run_or_record(text: str) -> tuple[RunConfig, DecisionRecord | None]:
    """The run of a YAML or JSON text, and the decision record if it is one.

    Raises:
        InputError: If it is neither; each field that is wrong is listed.
    """
    content = read_mapping(
        text,
        what="configuration",
        wanted="with the keys data, task and sweep",
        remedy="Export one from the Report page to start from.",
    )
    if not is_record(content):
        return RunConfig.from_mapping(content), None
    record = DecisionRecord.from_mapping(content)
    return record.run, record
