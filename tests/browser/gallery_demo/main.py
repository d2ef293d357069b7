"""The images of a cell of an example, which the address names: ?example=NAME&cell=truth.decision&refer=COST."""

import streamlit as st

from costlab.scenario import answer
from costlab.ui import deciding
from costlab.ui.gallery import gallery


def choose(cell: tuple[int, int]) -> None:
    st.query_params["cell"] = f"{cell[0]}.{cell[1]}"


def demo() -> None:
    st.title("Images")
    st.text_input("Anything")
    source = deciding.asked()[0][0]
    fitted = deciding.fitted_of(source)
    scenario = deciding.scenario_asked(source)[0]
    truth, decision = st.query_params.get("cell", "3.0").split(".")
    gallery(source, fitted, answer(fitted, scenario), (int(truth), int(decision)), choose)


st.navigation([st.Page(demo, title="start", default=True), st.Page(demo, title="Images", url_path="images")]).run()
