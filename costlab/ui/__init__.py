"""Everything that knows Streamlit: the main script, shared parts of pages, and the chart component."""
