"""The files of the Report page: the report with its images, and the bundle, whose ONNX model another process makes."""

import re
import time
from functools import partial

import streamlit as st

from costlab.agreement import Agreement
from costlab.bundle import ModelFiles, make_bundle, model_files
from costlab.bundle.exporting import exported
from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.images import pictures, png
from costlab.report import Findings, make_report
from costlab.scenario import Scenario
from costlab.sources import Source
from costlab.ui.sentences import inert

PATIENCE = 20.0  # seconds that a report waits for images which are being drawn
USUAL = 15.0  # seconds that writing a model takes on a busy machine: the bar is full then, and waits


def report_text(source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement, found: Findings) -> str:
    """The report with the images of its costliest test images, or the sentence why there are none."""
    try:
        images, why = _images(source, found), ""
    except CostlabError as error:
        images, why = {}, str(error)
    return make_report(source, fitted, scenario, agreed, images, why)


def report_download(source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement, found: Findings) -> None:
    """The button of the report; the file is made when it is pressed."""
    st.download_button(
        "Download the report",
        partial(report_text, source, fitted, scenario, agreed, found),
        f"{stem(agreed.title)}.html",
        "text/html",
        on_click="ignore",
        icon=":material/description:",
        type="primary",
        help="One HTML file: it opens without a network, and prints.",
    )


def bundle_download(source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement) -> None:
    """The button of the bundle; where the model has not been written as ONNX yet, first the one that does it."""
    try:
        model = model_files(source.folder, source.spec.dataset.name)
    except CostlabError as error:
        model = ModelFiles(missing=str(error))
    refused = f"report-onnx-{source.key}"
    if model.folder and not model.checked and refused not in st.session_state:
        if st.button("Prepare the bundle", icon=":material/deployed_code:", help="Writes the model as ONNX, once."):
            _export(model, refused)
            st.rerun()
        return
    if told := st.session_state.get(refused):
        model = ModelFiles(model.folder, model.preparation, model.checked, told)
    st.download_button(
        "Download the bundle",
        partial(_bundle, source, fitted, scenario, agreed, model),
        f"{stem(agreed.title)}.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/deployed_code:",
        help="For an engineer: the prices, a decision program with its test, predictions and the model.",
    )
    st.caption(inert(model.told))


def stem(title: str) -> str:
    """A file name from a title.

    >>> stem("What mistakes cost, and how we decide")
    'what-mistakes-cost-and-how-we-decide'
    """
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-")[:60] or "report"


def _export(model: ModelFiles, refused: str) -> None:
    """Wait for the other process, and show how long; what it refuses is kept as a sentence."""
    assert model.folder is not None
    bar = st.progress(0.0, "Writing the model as ONNX, and comparing it with the original…")
    try:
        for waited in exported(model.folder):
            bar.progress(min(0.95, waited / USUAL), f"Writing the model as ONNX… {waited:.0f} s")
    except CostlabError as error:
        st.session_state[refused] = str(error)
    bar.empty()


def _bundle(source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement, model: ModelFiles) -> bytes:
    return make_bundle(source, fitted, scenario, agreed, model)


def _images(source: Source, found: Findings) -> dict[int, bytes]:
    """PNG files by index. Raises DataUnavailable with a sentence."""
    costliest = found.facts.costliest
    if not costliest or "index" in source.predictions.assumed:
        return {}
    until = time.monotonic() + PATIENCE
    while (here := pictures(source.spec.dataset)) is None and time.monotonic() < until:
        time.sleep(0.1)
    if here is None:
        return {}
    index = [image.index for image in costliest]
    truths = [found.answer.cost.classes.index(image.truth) for image in costliest]
    return {place: png(image) for place, image in zip(index, here.show(index, truths), strict=True)}
