"""Train: choose a constraint and strengths, watch the curve draw itself, choose a point."""

import streamlit as st

from fairlab.language import tr
from fairlab.ui import state
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.runs_view import runs_view
from fairlab.ui.widgets.share import share
from fairlab.ui.widgets.starting import start
from fairlab.ui.widgets.sweep_form import sweep_form
from fairlab.ui.widgets.table_in_use import table_in_use

begin_page(tr("Train"))
data = state.current_data()
with st.container(horizontal=True, vertical_alignment="center"):
    table_in_use(data)
    share("train", key="train.share")
started = bool(state.run_ids())
with fold(tr("What to train"), key="train.form", unfolded=not started, icon=":material/tune:"):
    config, pressed = sweep_form(data)
if config is not None and pressed and start(config, data) is not None:
    st.rerun()
runs_view()
