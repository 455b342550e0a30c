"""Admin: queue, disk and visitors of this server, for whoever runs it; never what runs hold."""

import streamlit as st

from fairlab.language import tr
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import admin_view as view

begin_page(tr("Admin"))
if not view.opened():
    st.stop()
view.show_overview()
view.show_owners_and_runs()
view.offer_cleaning()
