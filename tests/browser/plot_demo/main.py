"""A heat map that changes twice a second, a line that never does, two to set a value on, and what Python was told."""

import plotly.graph_objects as go
import streamlit as st

from costlab.ui.plot import plot, take_click

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


def picking(kind: str, reaches: float) -> None:
    """A line from 1 to `reaches` whose mark follows what is picked; every pick is listed."""
    state, name = st.session_state, f"pick-{kind}"
    picks = state.setdefault(name, [])
    if (click := take_click(name)) is not None:
        picks.append(click.x)
    figure = go.Figure(go.Scatter(x=[1, reaches / 10, reaches], y=[1, 2, 3]))
    figure.update_layout(
        xaxis={"type": kind, "autorange": False, "range": [0, 2] if kind == "log" else [0, reaches]},
        meta={"pick": "x"},
        shapes=[
            {"type": "line", "x0": (picks or [10])[-1], "x1": (picks or [10])[-1], "yref": "paper", "y0": 0, "y1": 1}
        ],
    )
    plot(figure, key=name, alt="A line to pick from.", height=200)
    st.text(f"{kind} picks: " + " ".join(f"{each:.6g}" for each in picks))


def demo() -> None:
    st.title("Charts")
    st.button("Run again")
    changing()
    still = go.Figure(go.Scatter(x=[1, 2, 3, 4], y=[4, 3, 2, 1]))
    plot(still, key="still", alt="A line that goes down.", height=200)


def picks() -> None:
    st.title("Charts to pick from")
    picking("linear", 100)
    picking("log", 100)


st.navigation(
    [
        st.Page(demo, title="start", default=True),
        st.Page(demo, title="What if", url_path="whatif"),
        st.Page(picks, title="Picks", url_path="picks"),
    ]
).run()
