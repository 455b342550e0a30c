"""Why something cannot hold at once: the theorem, its premises, its source, folded away."""

from dataclasses import dataclass

import streamlit as st

from fairlab.language import told_fields, tr
from fairlab.ui.widgets.fold import fold


@told_fields("statement", "premises", "source")
@dataclass(frozen=True, slots=True)
class Theorem:
    """What a view rests on. ``statement`` and ``premises`` are Markdown."""

    statement: str
    premises: str
    source: str


IDENTITY = Theorem(
    "Within any group with base rate $p$, the four counts leave no freedom:\n\n"
    "$$\\text{FPR} = \\frac{p}{1-p}\\cdot\\frac{1-\\text{PPV}}{\\text{PPV}}\\cdot\\text{TPR}$$\n\n"
    "If two groups have the same PPV and the same TPR, the last two factors are the same, so "
    "their false positive rates differ by the ratio of base-rate odds $p/(1-p)$.",
    "It is arithmetic, true of every table of decisions in which someone has the unfavourable "
    "outcome and someone selected has the favourable one. The conflict needs different base rates "
    "and at least one wrong selection (PPV below 100 %). It says nothing about demographic parity.",
    "Chouldechova 2017, *Fair prediction with disparate impact*, equation 2.6.",
)
PARITY = Theorem(
    "A group's selection rate is\n\n"
    "$$p\\cdot\\text{TPR} + (1-p)\\cdot\\text{FPR}.$$\n\n"
    "With the same TPR and FPR in groups a and b, selection rates differ by exactly "
    "$|p_a - p_b|\\cdot|\\text{TPR}-\\text{FPR}|$.",
    "The gap is zero only if base rates agree or TPR equals FPR, that is if decisions do not tell "
    "the outcomes apart. This conflict is separate from the other two theorems.",
    "Law of total probability; Barocas, Hardt and Narayanan, *Fairness and Machine Learning*, "
    "chapter 3.",
)
BALANCE = Theorem(
    "Scores calibrated in a group average to its base rate: $p\\,m_1 + (1-p)\\,m_0 = p$, with "
    "$m_1$ and $m_0$ the group's mean scores among people with the favourable and the unfavourable "
    "outcome. Two groups with different $p$ can share both means only at $m_1 = 1, m_0 = 0$: "
    "perfect prediction. With a shared $m_0$ above 0, $m_1 = 1 - m_0\\,(1-p)/p$ differs by group.",
    "Scores are probabilities; calibration within groups, balance for the favourable outcome and "
    "balance for the unfavourable outcome are all asked for at once. Two of the three can hold.",
    "Kleinberg, Mullainathan and Raghavan 2016, *Inherent trade-offs in the fair determination of "
    "risk scores*, theorem 1.1.",
)
TOGETHER = Theorem(
    "What thresholds drawn per group can do to a group is exactly the convex hull of its ROC "
    "curve. Over those polygons, accuracy and the gaps of selection rate, TPR, FPR and accuracy "
    "are linear, so the least worst gap is a linear programme, and its dual multipliers prove "
    "that nothing is better. PPV and NPV are linear once their lowest value is fixed: the range "
    "of that value is cut into parts until each part is proved. Equalized odds is TPR and FPR.",
    "Only this score and rules by thresholds per group, on these people; another score may do "
    "better. Rules that select or refuse less than 1 % of a group, lose more accuracy than "
    "allowed, or keep less than half of the most accurate rule's distance between TPR and FPR do "
    "not count: otherwise selecting nobody, or tossing a coin, would satisfy almost everything. "
    "With different base rates and an imperfect score, TPR, FPR and PPV cannot all agree "
    "(Chouldechova). Equal selection rates against the others is a conflict of its own, not part "
    "of that theorem nor of Kleinberg's. A small number here need not contradict a theorem: "
    "giving up accuracy can shrink what is forced.",
    "Hardt, Price and Srebro 2016, *Equality of opportunity in supervised learning*, section 4; "
    "weak duality; Chouldechova 2017.",
)
SWEEP = Theorem(
    "One threshold for everyone is one choice; each gap has its own best place on the axis. When "
    "the places differ, closing one gap opens another.",
    "Only rules that use a single threshold on this score are compared. Separate thresholds per "
    "group, or another score, can do better on some gaps; the other views show what they cannot "
    "change.",
    "Counted exactly at every distinct score of these people.",
)
DIAL = Theorem(
    "The dial weights the same people by outcome within group, so that base rates move together "
    "while each group keeps its size. True and false positive rates of any rule stay as they are. "
    "What the two theorems force shrinks with the difference of base rates and is zero when "
    "they meet.",
    "A thought experiment on these people's outcomes. Gaps measured on these decisions need not "
    "vanish: the score itself may still treat groups differently. The dial says nothing about why "
    "base rates differ, or whether the recorded outcome is the right one.",
    "Both identities above, evaluated on weighted counts.",
)


def why(theorem: Theorem) -> None:
    """Draw the expander."""
    with fold(tr("Why"), key="impossibility.why"):
        st.markdown(theorem.statement)
        st.markdown(tr("**When it applies.** {premises}", premises=theorem.premises))
        st.markdown(tr("**Source.** {source}", source=theorem.source))
