"""Data: choose a table, say what is predicted and for whom; see what it can and cannot show."""

import streamlit as st

from fairlab.data import TaskData
from fairlab.language import tr
from fairlab.ui import state
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import data_view as view
from fairlab.ui.widgets.data_predictions import predictions_form
from fairlab.ui.widgets.data_roles import roles_form
from fairlab.ui.widgets.data_source import PREDICTIONS, choose_kind, choose_table
from fairlab.ui.widgets.proxies_effect_view import show_effects
from fairlab.ui.widgets.starting import keep

begin_page(
    tr("Data"), tr("Choose a table, and say what is predicted and whose groups are compared.")
)
kind = choose_kind()
if kind == PREDICTIONS:
    predictions_form()
    st.stop()
data = choose_table(kind)
if data is None:
    st.stop()

next_step = st.container(horizontal=True, vertical_alignment="center")
left, right = st.columns([5, 7], gap="large")
with left:
    st.subheader(tr("Roles"), anchor=False)
    roles = roles_form(data)
    view.show_card(data)
    view.show_notes(data)
findings = view.findings_of(data, roles.task)
ready = findings.ready and not roles.problems
with next_step:  # before what takes seconds on wide tables: who is ready need not wait
    view.show_table_line(data, roles.task)
    if st.button(tr("Use this table → Train"), type="primary", disabled=not ready, key="data.use"):
        chosen = TaskData(data.frame, roles.task, data.data, data.notes)
        if keep(chosen):
            state.set_current_data(chosen)
            st.switch_page("pages/train.py")
with right:
    view.show_findings(findings, roles.problems)
    if view.groups_can_be_shown(findings):
        st.subheader(tr("Groups"), anchor=False)
        view.show_groups(data, roles.task)
    if ready:
        st.subheader(tr("Missing values"), anchor=False)
        view.show_missing(data, roles.task)
        st.subheader(tr("Proxies"), anchor=False)
        view.ask_for_proxies(data, roles.task)
        show_effects(data, roles.task)
        st.subheader(tr("Leaks"), anchor=False)
        view.show_leaks(data, roles.task)
