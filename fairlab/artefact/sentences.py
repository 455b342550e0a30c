"""What a model reads and how it decides, in sentences made from its record."""

from fairlab.artefact.schema import (
    Drawn,
    LinearFacts,
    ModelRecord,
    NetworkFacts,
    OneThreshold,
    ThresholdPerGroup,
)
from fairlab.baselines import BASELINES
from fairlab.language import tr
from fairlab.results import CROSSING

_SHOWN_GROUPS = 20


def explain(record: ModelRecord) -> tuple[str, ...]:
    """How decisions are made: the score, the rule, and each sensitive attribute."""
    return (
        _what(record),
        deciding_sentence(record),
        *attribute_sentences(record),
        tr("Outcomes are never read: people whose outcome is not known can be scored."),
    )


def uses_attribute(record: ModelRecord, name: str) -> tuple[str, ...]:
    """Where a decision reads a sensitive attribute, in words; () for nowhere."""
    found = []
    if any(column.name == name for column in record.preprocessing.columns):
        found.append(tr("among the model's features"))
    facts = record.predictor
    rule = facts.rule if isinstance(facts, NetworkFacts) else None
    if rule is not None and any(name in by for by in rule.by):
        found.append(tr("in the layer's rule"))
    if isinstance(record.policy, ThresholdPerGroup) and name in record.policy.by:
        found.append(tr("in the thresholds per group"))
    return tuple(found)


def uses_any_attribute(record: ModelRecord) -> bool:
    """Whether a decision reads a sensitive attribute at all."""
    return bool(record.groups) or any(uses_attribute(record, n) for n in record.sensitive)


def attribute_sentences(record: ModelRecord) -> tuple[str, ...]:
    """Whether each sensitive attribute is used when deciding, and where."""
    said = []
    unused = []
    read = [reading.name for reading in record.groups]
    for name in dict.fromkeys([*record.sensitive, *read]):
        where = uses_attribute(record, name)
        if where:
            said.append(
                tr(
                    "The sensitive attribute '{name}' is used when deciding: {where}.",
                    name=name,
                    where=", ".join(where),
                )
            )
        else:
            unused.append(name)
    if record.groups:
        said.append(tr("To decide with it, each person's group must be known."))
    if unused:
        said.append(
            tr(
                "Not used when deciding: {names}. Other columns may stand in for them.",
                names=", ".join(f"'{name}'" for name in unused),
            )
        )
    return tuple(said)


def deciding_sentence(record: ModelRecord) -> str:
    """How a score becomes a decision."""
    policy, word = record.policy, record.outcome_words[0]
    if isinstance(policy, OneThreshold):
        return tr(
            "A person is selected (decision 1: {word}) if the score is {threshold:g} or more.",
            word=word,
            threshold=policy.threshold,
        )
    if isinstance(policy, Drawn):
        return tr(
            "Decisions are drawn (1: {word}): the score is a person's chance of being selected. "
            "The draw depends on the seed ({seed}) and on the person's place in the table, so the "
            "same table and seed give the same decisions.",
            word=word,
            seed=policy.seed,
        )
    pairs = [
        f"{group} {cut:g}" for group, cut in zip(policy.groups, policy.thresholds, strict=True)
    ]
    shown = ", ".join(pairs[:_SHOWN_GROUPS]) + (", …" if len(pairs) > _SHOWN_GROUPS else "")
    return tr(
        "A person is selected (decision 1: {word}) if the score is the threshold of the person's "
        "group by {by} or more: {pairs}.",
        word=word,
        by=CROSSING.join(policy.by),
        pairs=shown,
    )


def privacy_sentence() -> str:
    """What a model gives away of the people it was trained on."""
    return tr(
        "The file holds no rows and no outcomes. It does hold the lowest, the highest and some "
        "other values of each column of numbers, which are values of single people, and any "
        "trained model can give away something of the people it was trained on."
    )


def checked_sentence(record: ModelRecord) -> str:
    """How near the written model comes to the run's scores; "" if that was not looked at."""
    found = record.checked
    if found is None:
        return ""
    return tr(
        "When it was written, its scores of the {n:,} people of the run differed from the run's "
        "own by at most {most:.1e}, and {other:,} of their decisions did.",
        n=found.people,
        most=found.largest_difference,
        other=found.other_decisions,
    )


def _what(record: ModelRecord) -> str:
    facts, run = record.predictor, record.run
    if isinstance(facts, LinearFacts) and facts.mixed:
        return tr(
            "Model: {label}. Its score is the chance of being selected: {n} logistic regressions "
            "are mixed.",
            label=run.label,
            n=facts.members,
        )
    if isinstance(facts, NetworkFacts) and facts.rule is not None:
        return tr(
            "Model: {label}. Its score is a network's chance of the favourable outcome, moved by "
            "the layer's frozen rule.",
            label=run.label,
        )
    if run.method is not None and BASELINES[run.method].mitigation in ("grid_search",):
        return tr(
            "Model: {label}. Its score is no probability of the outcome: the people it learnt "
            "from were relabelled and reweighed.",
            label=run.label,
        )
    return tr(
        "Model: {label}. Its score is the model's chance of the favourable outcome.",
        label=run.label,
    )
