"""One run: live while it is trained, and what it cost in the end."""

import streamlit as st

st.title("Run")
