"""The dashboard's own pieces: the only place besides app.py and pages/ that imports streamlit."""
