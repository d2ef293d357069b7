"""Compare: which run, and which rule, is cheaper, and whether that may be chance."""

import streamlit as st

st.title("Compare", anchor=False)
