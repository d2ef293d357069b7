"""Report: one page to hand over, and a bundle for engineers."""

import streamlit as st

st.title("Report", anchor=False)
