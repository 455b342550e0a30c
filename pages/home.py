"""Home: what this is, the journey, and one click to a live curve."""

import streamlit as st

from fairlab.language import tr
from fairlab.ui import state
from fairlab.ui.components.live_curve import load_chart_ahead
from fairlab.ui.shell import begin_page
from fairlab.ui.store import builtin
from fairlab.ui.widgets.journey import journey
from fairlab.ui.widgets.starting import start
from fairlab.ui.widgets.sweep_form import default_config
from fairlab.ui.widgets.your_data import your_data
from fairlab.ui.widgets.your_runs import your_runs
from fairlab.ui.widgets.your_tables import your_tables

begin_page(tr("What does it cost to treat groups more equally?"))
st.markdown(
    tr(
        "Train models on your own table under a fairness constraint of your "
        "choice and watch the trade-off between accuracy and the gap between "
        "groups draw itself. Then look at what each point would mean for "
        "people, and take the decision away as a document."
    )
)
first, second, third = st.columns([1, 1, 1])
if first.button(tr("Try it now"), type="primary", icon=":material/play_arrow:", width="stretch"):
    state.set_current_data(builtin())
    if start(default_config(builtin()), builtin(), priority=1) is not None:
        st.switch_page("pages/train.py")
if second.button(tr("Use my data"), icon=":material/upload:", width="stretch"):
    st.switch_page("pages/data.py")
if third.button(tr("Join a workshop"), icon=":material/groups:", width="stretch"):
    st.switch_page("pages/workshop.py")
st.markdown(
    tr(
        "**Try it now** trains 63 models and two baselines on 1,989 real "
        "mortgage applications from Boston, by race and ethnicity: about ten "
        "seconds on a laptop with nothing else to do, longer on a busy one. "
        "Everything stays on the machine that runs fairlab."
    )
)
your_runs()
your_tables()
journey()
your_data()
load_chart_ahead()
