"""What is held back is sent once, whole, in its order, and also when a run is broken off."""

import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from costlab.ui.at_once import HOOK, at_once


def painted() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from costlab.ui.at_once import HOOK, at_once

    context = get_script_run_ctx()
    sent = []
    real = getattr(context, HOOK)
    setattr(context, HOOK, lambda message: (sent.append(message), real(message)))
    with at_once():
        for number in range(3):
            st.write(f"line {number}")
        during = len(sent)
    st.session_state["counts"] = during, len(sent)
    with at_once():
        st.write("line 3")
        raise RuntimeError("half way")


def test_nothing_is_sent_before_the_end_and_then_all_in_order() -> None:
    app = AppTest.from_function(painted).run()
    assert len(app.exception) == 1
    assert app.session_state["counts"] == (0, 3)
    assert [each.value for each in app.markdown] == ["line 0", "line 1", "line 2", "line 3"]


def test_streamlit_still_has_the_hook() -> None:
    def look() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from costlab.ui.at_once import HOOK

        st.session_state["there"] = callable(getattr(get_script_run_ctx(), HOOK, None))

    assert AppTest.from_function(look).run().session_state["there"], f"Streamlit has no {HOOK} any more; see at_once"


def test_outside_an_app_it_does_nothing() -> None:
    assert get_script_run_ctx(suppress_warning=True) is None
    with pytest.raises(ZeroDivisionError), at_once():
        1 / 0  # noqa: B018
    assert HOOK == "_enqueue"
