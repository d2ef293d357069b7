"""A heat map that changes twice a second, a line that never does, and every click that Python was told of."""

import plotly.graph_objects as go
import streamlit as st

from costlab.ui.plot import plot

NAMES = ["ok", "crack", "stain"]


@st.fragment(run_every=0.5)
def changing() -> None:
    state = st.session_state
    state.paints = state.get("paints", 0) + 1
    cells = [[state.paints + 10 * t + d for d in range(3)] for t in range(3)]
    figure = go.Figure(go.Heatmap(z=cells, x=NAMES, y=NAMES, hovertemplate="%{y} called %{x}: %{z}<extra></extra>"))
    figure.update_layout(yaxis={"autorange": "reversed"})
    click = plot(figure, key="changing", alt="A table that counts up.", height=300)
    if click:
        state.clicks = [*state.get("clicks", []), f"{click.y}>{click.x}"]
    st.text(f"painted {state.paints} times")
    st.text("clicks: " + " ".join(state.get("clicks", [])))


def demo() -> None:
    st.title("Charts")
    st.button("Run again")
    changing()
    still = go.Figure(go.Scatter(x=[1, 2, 3, 4], y=[4, 3, 2, 1]))
    plot(still, key="still", alt="A line that goes down.", height=200)


st.navigation([st.Page(demo, title="start", default=True), st.Page(demo, title="Costs", url_path="costs")]).run()
