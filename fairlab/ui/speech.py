"""The visitor's language: asked for in the address or by the switch, else the browser's.

``?lang=de`` opens every page in German. It stays in the session, and in the address so that a
reload keeps it. Fragments, callbacks and components run within the visitor's session and find it
there; what runs outside of one (files written later, training) is in English.
"""

import json

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fairlab.language import SOURCE, ask_for_language, languages, tell_values_by, tr
from fairlab.retelling import retold

IN_ADDRESS = "lang"
_SPOKEN = "fairlab.language"
_ASKED = "fairlab.language_asked"
_SWITCH = "shell.language"

_NARROW = """
<style>
.st-key-shell-language {flex: 0 0 auto;}
.st-key-shell-language button {padding-left: .4rem; padding-right: .4rem;}
</style>
"""

# Screen readers and hyphenation go by the page's language, which Streamlit leaves at English.
_MARK = """
<script>
document.documentElement.lang = {code};
</script>
"""


def begin_speaking() -> None:
    """Take the language from the address or the browser. First thing of every run of the page."""
    ask_for_language(visitors_language)
    tell_values_by(retold)
    asked = str(st.query_params.get(IN_ADDRESS, ""))
    if asked in languages():
        st.session_state[_SPOKEN] = st.session_state[_ASKED] = asked
    elif asked:
        del st.query_params[IN_ADDRESS]
    if _SPOKEN not in st.session_state:
        st.session_state[_SPOKEN] = closest(st.context.locale)
    chosen = st.session_state.get(_ASKED)
    if chosen is not None and asked != chosen:
        st.query_params[IN_ADDRESS] = chosen


def visitors_language() -> str:
    """The language of the visitor whose page is being drawn; English where there is none."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return SOURCE
    return str(st.session_state.get(_SPOKEN, SOURCE))


def closest(locale: str | None) -> str:
    """The known language of a browser's locale: "de-AT" is German; English for unknown ones."""
    code = (locale or "").replace("_", "-").partition("-")[0].lower()
    return code if code in languages() else SOURCE


def language_switch() -> None:
    """A small list of the languages, each by its own name."""
    names = languages()
    st.html(_MARK.format(code=json.dumps(visitors_language())), unsafe_allow_javascript=True)
    if len(names) < 2:
        return
    with (
        st.container(key="shell-language", width="content"),
        st.popover(visitors_language().upper(), icon=":material/translate:", help=tr("Language")),
    ):
        if st.session_state.get(_SWITCH) != visitors_language():
            st.session_state[_SWITCH] = visitors_language()
        st.radio(
            tr("Language"),
            list(names),
            format_func=names.__getitem__,
            key=_SWITCH,
            on_change=_switched,
        )
    st.html(_NARROW)


def _switched() -> None:
    code = st.session_state[_SWITCH]
    st.session_state[_SPOKEN] = st.session_state[_ASKED] = code
    st.query_params[IN_ADDRESS] = code
