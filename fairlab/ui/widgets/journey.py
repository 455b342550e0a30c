"""The journey as clickable steps."""

import streamlit as st

from fairlab.language import later, told, tr

_STEPS = told(
    (
        (
            later("Data"),
            "data",
            later("Load a table; say what is predicted and for whom it must be equal."),
        ),
        (
            later("Train"),
            "train",
            later("Choose a constraint and strengths; watch the curve; choose a point."),
        ),
        (
            later("Thresholds"),
            "thresholds",
            later("Move the decision threshold; see every gap at every threshold."),
        ),
        (
            later("Impossibility"),
            "impossibility",
            later("See which definitions of fairness conflict on this data."),
        ),
        (
            later("Audit"),
            "audit",
            later("Confusion matrices, rates and gaps per group, with intervals."),
        ),
        (
            later("Compare"),
            "compare",
            later("Put choices side by side: who gains and who loses, in people."),
        ),
        (
            later("Stream"),
            "stream",
            later("Let people come in batches; watch gaps, alerts and drift as they do."),
        ),
        (
            later("Report"),
            "report",
            later("Take away the choice, with reasons, as a file anyone can re-run."),
        ),
    )
)


def journey() -> None:
    """Draw the steps, each with a link and a sentence."""
    st.subheader(tr("The steps"), anchor=False)
    st.page_link(
        "pages/tutorial.py",
        label=tr("New to this? Learn the rates and the modes in ten steps, on the built-in table"),
        icon=":material/school:",
    )
    for start in range(0, len(_STEPS), 4):
        columns = st.columns(4)
        for number, (column, (name, file, words)) in enumerate(
            zip(columns, _STEPS[start : start + 4], strict=False), start=start + 1
        ):
            with column.container(border=True, height="stretch"):
                st.page_link(f"pages/{file}.py", label=f"**{number}. {name}**")
                st.markdown(words)
