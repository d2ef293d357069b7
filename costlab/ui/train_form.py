"""The form of the Train page: what to train, on what, for which costs, how often. It asks what the catalogue offers."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import streamlit as st
from pydantic import create_model
from streamlit.delta_generator import DeltaGenerator

from costlab.catalogue import Catalogue, DatasetEntry, Entry
from costlab.costs import CostMatrix
from costlab.datasets import DATASETS
from costlab.errors import CostlabError
from costlab.seeds import read_seeds
from costlab.specs import Choice, RunSpec
from costlab.ui import forms, loss_form
from costlab.ui.editing import CHOSEN
from costlab.ui.places import COSTS
from costlab.ui.plan import Plan
from costlab.ui.sentences import count, inert, number
from costlab.ui.session import get_store

SUGGESTED, DRAFT, SAVED = "suggested", "draft", "saved:"
DATASET, MODEL, COST = "train-dataset", "train-model", "train-cost"  # session keys
SAMPLED_UP_TO = 10_000_000  # bytes of training images: such a set is there in a second or two
ADVANCED = (
    "optimiser", "learning_rate", "batch_size", "weight_decay", "averaging", "views", "augment", "precision", "threads",
)  # fmt: skip
KEPT: dict[str, Any] = {"persist_state": "session"}


@cache
def how_schema() -> dict[str, Any]:
    """The JSON schema of the fields of a run that are asked under "Advanced"."""
    chosen: dict[str, Any] = {
        name: (RunSpec.model_fields[name].annotation, RunSpec.model_fields[name]) for name in ADVANCED
    }
    return create_model("How", **chosen).model_json_schema()


@dataclass(frozen=True)
class Answers:
    """What the form says: the plan, sentences for what is wrong with it, and the room it left for sample images."""

    plan: Plan
    told: list[str]
    room: DeltaGenerator


def ask(catalogue: Catalogue) -> Answers:
    """Draw the form."""
    told: list[str] = []
    st.subheader("Images and costs", anchor=False)
    entry, room = _dataset(catalogue)
    options = _options(entry, f"data-{entry.name}", "Size, imbalance and noise", told)
    cost = _cost(entry)
    st.subheader("Model and losses", anchor=False)
    model = _one_of(catalogue.models, "Model", MODEL)
    model_options = _options(model, f"model-{model.name}", "Options of the model", told)
    losses = loss_form.ask(catalogue.losses, told)
    st.subheader("Repetitions", anchor=False)
    seeds, how = _repetitions(catalogue, told)
    dataset, network = Choice(name=entry.name, options=options), Choice(name=model.name, options=model_options)
    plan = Plan(dataset, network, losses, seeds, cost, how)
    return Answers(plan, told or plan.problems(), room)


def begin(catalogue: Catalogue) -> None:
    """Choose what a first visit begins with: the data set whose costs were looked at last, the usual model."""
    for key, entries, wanted in (
        (DATASET, catalogue.datasets, st.session_state.get(CHOSEN, "")),
        (MODEL, catalogue.models, ""),
    ):
        names = [entry.name for entry in entries]
        usual = RunSpec.model_fields[key.removeprefix("train-")].default.name
        if st.session_state.get(key) not in names:
            st.session_state[key] = next((name for name in (wanted, usual) if name in names), names[0])


def _one_of(entries: list[Any], label: str, key: str, **more: Any) -> Any:
    titles = {entry.name: entry.title for entry in entries}
    name = st.selectbox(label, titles, format_func=titles.__getitem__, key=key, **KEPT, **more)
    return next(entry for entry in entries if entry.name == name)


def _dataset(catalogue: Catalogue) -> tuple[DatasetEntry, DeltaGenerator]:
    entry: DatasetEntry = _one_of(catalogue.datasets, "Data set", DATASET)
    c, h, w = entry.shape
    size = f"{count(len(entry.classes), 'class', 'classes')}, {number(entry.train_images)} training images of {h}×{w}"
    st.caption(f"{size}, {'grey' if c == 1 else 'in colour'}. {inert(entry.description.split(chr(10) * 2)[0])}")
    room = st.container()
    if entry.missing:
        st.warning(inert(entry.missing), icon=":material/cloud_download:")
        with st.container(horizontal=True):
            for one in catalogue.datasets:
                if not one.missing:
                    st.button(f"Take {one.title}", key=f"take-{one.name}", on_click=_take, args=(one.name,))
    return entry, room


def _take(name: str) -> None:
    st.session_state[DATASET] = name


def show_samples(name: str, room: DeltaGenerator) -> None:
    """One image of each class of a data set in `room`; called last, for the first time it may take a second or two."""
    plugin = DATASETS.get(name)
    if plugin is None or plugin.module.missing():
        return
    if plugin.module.TRAIN_IMAGES * int(np.prod(plugin.module.SHAPE)) > SAMPLED_UP_TO:
        return
    with room, st.container(horizontal=True, gap="xsmall"):
        for title, image in samples(name):
            st.image(image, caption=inert(title), width=48, alt=f"An image of the class {title}")


@st.cache_resource(show_spinner=False)
def samples(name: str) -> list[tuple[str, np.ndarray]]:
    """The name and one training image (H, W) or (H, W, 3) of up to 10 classes, enlarged without blurring."""
    plugin = DATASETS[name]
    images = plugin.make()
    found = []
    for label, title in list(enumerate(images.classes))[:10]:
        first = np.flatnonzero((images.target == label) & (images.split == "train"))[:1]
        for index in first:
            times = max(1, 112 // images.images.shape[-1])
            image = images.images[index].repeat(times, axis=1).repeat(times, axis=2)
            found.append((title, image[0] if len(image) == 1 else image.transpose(1, 2, 0)))
    return found


def _options(entry: Entry, key: str, title: str, told: list[str]) -> dict[str, Any]:
    """The options of one thing in an expander, where it has any."""
    if not forms.fields(entry.options):
        return {}
    with st.expander(title, key=f"expand-{key}"):
        return forms.answers(entry.options, key, told)


def _cost(entry: DatasetEntry) -> CostMatrix | None:
    """The cost matrix to train with; None leaves the data set's suggestion."""
    offers = cost_offers(entry)
    if st.session_state.get(COST) not in offers:
        st.session_state[COST] = next(iter(offers))
    chosen = st.selectbox(
        "Cost matrix",
        offers,
        format_func=lambda name: offers[name][0],
        key=COST,
        help="What each mistake costs. Losses that look at costs train with it; every run is judged by it.",
        **KEPT,
    )
    address = {"dataset": entry.name} | ({"matrix": chosen.removeprefix(SAVED)} if chosen.startswith(SAVED) else {})
    st.page_link(COSTS, label="See and edit these costs", icon=":material/grid_on:", query_params=address)
    cost: CostMatrix | None = offers[chosen][1]
    return cost


def cost_offers(entry: DatasetEntry) -> dict[str, tuple[str, CostMatrix | None]]:
    """The matrices that fit a data set, by a key that lasts: how each is called, and itself."""
    offers: dict[str, tuple[str, CostMatrix | None]] = {}
    saved = [one for one in get_store().matrices() if sorted(one.cost.classes) == sorted(entry.classes)]
    draft = st.session_state.get("drafts", {}).get(entry.name)
    known = [entry.cost, *(one.cost for one in saved)]
    if draft is not None and draft not in known:
        offers[DRAFT] = ("Being edited on the Costs page (not saved)", draft)
    offers[SUGGESTED] = ("Suggested by the data set", None)  # one text for all sets: the browser would keep the old one
    return offers | {SAVED + one.name: (one.name, one.cost) for one in saved}


def _repetitions(catalogue: Catalogue, told: list[str]) -> tuple[list[int], dict[str, Any]]:
    devices = {"auto": f"Automatic ({catalogue.devices[0].title})" if catalogue.devices else "Automatic"}
    devices |= {device.name: device.title for device in catalogue.devices}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Seeds",
            "0",
            max_chars=200,
            key="train-seeds",
            width=140,
            help="One run for each: 0, 1, 2 or 0-4. A seed fixes the first weights and the order of the images; "
            "several show how much is luck.",
            **KEPT,
        )
        epochs = st.number_input(
            "Epochs", 1, 1000, 10, key="train-epochs", width=140, help="Passes over the training images.", **KEPT
        )
        device = st.selectbox(
            "Device",
            devices,
            format_func=devices.__getitem__,
            key="train-device",
            width="stretch",
            help="Where to train.",
            **KEPT,
        )
    with st.expander("Advanced", key="expand-advanced"):
        how = forms.answers(how_schema(), "how", told)
    try:
        seeds = read_seeds(text)
    except CostlabError as error:
        told.append(str(error))
        seeds = []
    return seeds, how | {"epochs": epochs} | ({} if device == "auto" else {"device": device})
