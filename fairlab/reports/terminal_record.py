"""A decision record, and what came out otherwise when it was computed again, as plain text."""

from collections.abc import Sequence

from fairlab.config import CONSTRAINT_GAPS
from fairlab.decision.comparing import Changed, Difference, changed, numbers, outside
from fairlab.decision.making import label_of_choice
from fairlab.decision.parts import Measured, SplitNumbers
from fairlab.decision.records import DecisionRecord
from fairlab.language import tr, tr_n
from fairlab.results import CROSSING


def record_text(record: DecisionRecord) -> str:
    """What was decided, why, what speaks against it, the numbers, and what nobody looked at."""
    run, table = record.run, record.table
    assert run.choice is not None
    lines = [
        tr("Decision record of fairlab {version}", version=record.fairlab),
        tr(
            "Table: {source}, {rows:,} rows, {columns} columns, fingerprint {whole}…",
            source=run.data.filename or run.data.source,
            rows=table.rows,
            columns=len(table.columns),
            whole=table.whole[:12],
        ),
        tr(
            "Predicted: {label}; favourable: {values} ({words})",
            label=run.task.label,
            values=", ".join(run.task.favourable),
            words=run.task.outcome_words[0],
        ),
        _choice(record),
        *(
            tr("  threshold of {group}: {threshold:g}", group=cut.group, threshold=cut.threshold)
            for cut in record.policy.cuts
        ),
        *_tested(record),
        *_words(record),
        tr("Considered:"),
        *(f"- {other.label}" for other in record.considered),
        tr("Not examined:"),
        *(f"- {sentence}" for sentence in record.not_examined),
        tr(
            "Made on: {machine}; {versions}",
            machine=" ".join(filter(None, (record.machine.device, record.machine.processor))),
            versions=", ".join(f"{name} {v}" for name, v in record.versions.items()),
        ),
    ]
    return "\n".join(plain(line) for line in lines)


def decided(record: DecisionRecord) -> tuple[str, ...]:
    """What was decided, why, what speaks against it, and what it did on test people."""
    return tuple(map(plain, (_choice(record), *_words(record), *_tested(record))))


def _choice(record: DecisionRecord) -> str:
    assert record.run.choice is not None
    return tr(
        "Constraint: {constraint}; chosen: {choice}",
        constraint=record.run.sweep.constraint.replace("_", " "),
        choice=label_of_choice(record.run.choice),
    )


def _words(record: DecisionRecord) -> list[str]:
    said = [
        tr("Dissent{voice}: {words}", voice=f" ({d.voice})" if d.voice else "", words=d.words)
        for d in record.dissent
    ]
    return [tr("Reason: {words}", words=record.reason or tr("none was given")), *said]


def _tested(record: DecisionRecord) -> list[str]:
    tested = [split for split in record.results if split.split == "test"]
    return [line for split in tested for line in _test(split, record)]


def _test(split: SplitNumbers, record: DecisionRecord) -> list[str]:
    """Accuracy and the run's gap on test people, and rates of each group."""
    name = CONSTRAINT_GAPS[record.run.sweep.constraint]
    lines = []
    for grouping in split.groupings:
        hidden = tr("left out, it rests on few people")
        accuracy = grouping.everyone.rates.get("accuracy")
        gap = grouping.gaps.get(name)
        lines.append(
            tr(
                "Test people ({n:,}), groups by {by}: accuracy {accuracy}; {gap_name} {gap}",
                n=split.people,
                by=CROSSING.join(grouping.by),
                accuracy=hidden if accuracy is None else measured(accuracy),
                gap_name=record.metrics[name].label.lower() if name in record.metrics else name,
                gap=hidden if gap is None else measured(gap),
            )
        )
        for group in grouping.groups:
            rate = group.rates.get("selection_rate")
            lines.append(
                tr(
                    "  {group}: selected {rate}",
                    group=group.group,
                    rate=hidden if rate is None else measured(rate),
                )
            )
    return lines


def measured(number: Measured) -> str:
    """A number with its interval, in words where there is none."""
    if number.value is None:
        return tr("undefined") if number.why == "undefined" else tr("left out")
    said = f"{number.value:.4f}"
    if number.lower is None or number.upper is None:
        return said
    return tr("{value} (95 % interval {low:.4f} to {high:.4f})", value=said, low=number.lower,
              high=number.upper)  # fmt: skip


def comparison_text(
    record: DecisionRecord, anew: DecisionRecord, found: Sequence[Difference]
) -> str:
    """Whether the numbers are the record's; each one that is not, those beyond tolerance first."""
    lines = [verdict(record, anew, found)]
    moved = changed(record, anew)
    if moved:
        lines.append(tr("Not the same machine or versions as in the record:"))
        lines += [f"- {change_words(one)}" for one in moved]
        if found:
            lines.append(record.tolerance.because)
    lines += [f"- {difference_words(one)}" for one in found]
    return "\n".join(plain(line) for line in lines)


def verdict(record: DecisionRecord, anew: DecisionRecord, found: Sequence[Difference]) -> str:
    """In one sentence: all the same; within what may differ on another machine; or beyond it."""
    total = len(dict(numbers(record)))
    if not found:
        return tr("All {n:,} numbers are the same as in the record.", n=total)
    beyond = len(outside(found))
    if not beyond:
        return tr_n(
            "{n} of {total:,} numbers differs from the record, by no more than it may on another "
            "machine or with other versions.",
            "{n} of {total:,} numbers differ from the record, by no more than they may on another "
            "machine or with other versions.",
            len(found),
            total=total,
        )
    if not changed(record, anew):
        return tr_n(
            "{n} of {total:,} numbers differs from the record, on the same machine with the same "
            "versions: the record was changed, or the program does not give the same twice.",
            "{n} of {total:,} numbers differ from the record, on the same machine with the same "
            "versions: the record was changed, or the program does not give the same twice.",
            len(found),
            total=total,
        )
    return tr_n(
        "{n} of {total:,} numbers differs from the record, {beyond} by more than it may on "
        "another machine or with other versions.",
        "{n} of {total:,} numbers differ from the record, {beyond} by more than they may on "
        "another machine or with other versions.",
        len(found),
        total=total,
        beyond=beyond,
    )


def change_words(one: Changed) -> str:
    """A version or fact then and now."""
    return tr("{name}: {recorded} in the record, {found} here", name=one.name,
              recorded=one.recorded, found=one.found)  # fmt: skip


def difference_words(one: Difference) -> str:
    """A number then and now, and whether it may differ so much."""
    where = " · ".join(one.where)
    then, now = _value(one.recorded), _value(one.found)
    if one.size is None:
        return tr("{where}: {then} in the record, {now} now", where=where, then=then, now=now)
    if one.within:
        return tr(
            "{where}: {then} in the record, {now} now; within {allowed:.3g}",
            where=where, then=then, now=now, allowed=one.allowed,
        )  # fmt: skip
    return tr(
        "{where}: {then} in the record, {now} now; outside, may differ by {allowed:.3g}",
        where=where, then=then, now=now, allowed=one.allowed,
    )  # fmt: skip


def _value(value: float | int | str | None) -> str:
    if value is None:
        return tr("nothing")
    return value or tr("none") if isinstance(value, str) else f"{value:.6g}"


def plain(text: str) -> str:
    """Without signs that steer a terminal: names in a record are a stranger's."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
