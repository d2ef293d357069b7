"""The bundle's README: what each file is, how an image must be prepared, and what the numbers rest on."""

from collections.abc import Iterator

from costlab.agreement import Agreement
from costlab.bundle.model_files import ModelFiles
from costlab.fitted import Fitted
from costlab.scenario import CASES, Answer, Scenario
from costlab.sources import Source
from costlab.wording import amount, count, number

FILES = {
    "decide.py": "From a model's logits to a decision, in plain Python without any package; its docstring says how.",
    "test_decide.py": "`python test_decide.py` shows that it decides as the screen did.",
    "screen.json, predictions.csv": "What that test compares with: the test images' logits, truths and decisions.",
    "costs.csv, costs.json": "What each mistake costs. Rows are the truth, columns the decision.",
    "scenario.json": "Calibration, rule, class shares, who agreed, and the comments on the prices.",
    "spec.json": "How the model was trained; `costlab train --spec spec.json` does it again.",
    "predictions.npz": "The model's logits on validation and test images, for numpy.",
}


def readme(
    source: Source, fitted: Fitted, scenario: Scenario, found: Answer, agreed: Agreement, model: ModelFiles
) -> str:
    """Markdown."""
    unit = found.cost.unit
    low, high = (amount(CASES * end, unit) for end in (found.mean.low, found.mean.high))
    lines = [
        f"# {_inline(agreed.title)}",
        "",
        f"{_inline(source.title)}: {amount(CASES * found.mean.estimate, unit)} per {number(CASES)} images, "
        f"{low} to {high} with 95 % confidence, on {count(len(fitted), 'test image')}.",
        "",
        *(f"- `{name}`: {about}" for name, about in FILES.items()),
        *_files(source, model),
        "",
        *_learnt(fitted),
        *_model(model),
    ]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """A title on one line, with nothing in it that Markdown acts on."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in " ".join(text.split()))


def _files(source: Source, model: ModelFiles) -> Iterator[str]:
    if source.folder and (source.folder / "run.json").is_file():
        yield "- `run.json`: the whole training, epoch by epoch."
    if model.folder:
        yield "- `model.safetensors`: the weights, for PyTorch."
    if model.checked:
        yield "- `model.onnx`: the same model for any other program; it prepares the images itself."


def _learnt(fitted: Fitted) -> Iterator[str]:
    yield "## What was learnt after training"
    yield ""
    if len(fitted.rounds) == 1:
        yield f"Calibration and rule were {fitted.how}. `decide.py` holds exactly what the screen decided by."
    else:
        yield (
            f"There were too few validation images, so on the screen calibration and rule were {fitted.how}. "
            f"`decide.py` holds one fit to all of these images, for use; that fit itself has not been "
            "judged, for no image is left that it has not seen. "
            f"Its decisions can differ a little from the screen's. `test_decide.py` decides each image by the fold "
            f"that the screen judged it by (in `screen.json`), and so reproduces the screen."
        )
    yield ""


def _model(model: ModelFiles) -> Iterator[str]:
    yield "## The model"
    yield ""
    if model.missing:
        yield model.missing
    if model.preparation is None:
        yield "`decide.py` works with the logits of any model that knows the same classes in the same order."
        return
    yield from _preparation(model)
    if model.checked:
        checked = model.checked
        yield (
            f"`model.onnx` (opset {checked.opset}) takes `images`, uint8 of shape (N, C, H, W) with values from 0 to "
            "255 and any N, standardises them itself, and gives `logits`, float32 of shape (N, K), for `decide.py`. "
            f"Compared with the original on {count(checked.images, checked.of.rstrip('s'))}, in onnxruntime "
            f"{checked.onnxruntime}: no logit differs by more than {checked.difference:.1e} (the largest is "
            f"{number(checked.size)})."
        )


def _preparation(model: ModelFiles) -> Iterator[str]:
    assert model.preparation is not None
    shape, mean, std = model.preparation.shape, model.preparation.mean, model.preparation.std
    of = f" of shape (C, H, W) = {shape}" if shape else ""
    yield (
        f"`model.safetensors` wants an image{of} as float32: pixels divided by 255, less the mean, divided by the "
        f"standard deviation of each channel."
    )
    yield ""
    yield f"- mean: {', '.join(map(repr, mean))}"
    yield f"- std: {', '.join(map(repr, std))}"
    yield ""
