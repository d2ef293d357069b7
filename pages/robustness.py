"""Robustness: what if the prices are not quite right."""

import streamlit as st

st.title("Robustness", anchor=False)
