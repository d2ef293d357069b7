"""What if: the same model, other prices."""

import streamlit as st

st.title("What if", anchor=False)
