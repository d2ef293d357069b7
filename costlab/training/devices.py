"""Where to train and in which number format: the same answer in every process of a machine."""

from typing import Literal, cast

import torch

from costlab.catalogue import DeviceEntry
from costlab.errors import DeviceUnavailable
from costlab.specs import Choice
from costlab.training.measured import named, processor, remembered
from costlab.training.step_time import step_times

GAIN = 0.95  # of the time of float32: bfloat16 is taken where a step takes at most so much
SMALL_CNN = Choice(name="small_cnn")


def find_device(asked: str) -> torch.device:
    """The device that `asked` ("auto", "cpu", "mps", "cuda", "cuda:1") means here. Raises DeviceUnavailable.

    >>> find_device("cpu")
    device(type='cpu')
    """
    if asked == "auto":
        asked = devices()[0].name
    kind, _, number = asked.partition(":")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(number or 0) >= count:
            have = f"only cuda:0 to cuda:{count - 1}" if count else "no CUDA device at all"
            raise DeviceUnavailable(f"{asked} is not there: this machine has {have}; choose 'auto' or 'cpu'.")
        return torch.device("cuda", int(number or 0))
    if kind == "mps" and not torch.backends.mps.is_available():
        raise DeviceUnavailable("This machine has no Apple GPU that torch can use; choose 'auto' or 'cpu'.")
    return torch.device(kind)


def devices() -> list[DeviceEntry]:
    """Every device of this machine, the one that `auto` takes first: a CUDA GPU, then Apple's, then the CPU."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    found = [torch.device("cuda", index) for index in range(count)]
    if torch.backends.mps.is_available():
        found.append(torch.device("mps"))
    found.append(torch.device("cpu"))
    return [DeviceEntry(name=str(device), title=device_name(device)) for device in found]


def device_name(device: torch.device) -> str:
    """The device as its maker names it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return processor()


def precision(
    asked: str, device: torch.device, shape: tuple[int, ...], model: Choice = SMALL_CNN
) -> Literal["float32", "bfloat16"]:
    """The number format of the forward pass on images of `shape` (C, H, W); "auto" takes what a few steps measured.

    They are measured once a device, model and shape and then remembered, so that every process of a machine gives the
    same answer: bfloat16 where it takes at most `GAIN` of the time of float32.
    """
    if asked != "auto":
        return cast(Literal["float32", "bfloat16"], asked)
    times = seconds_an_image(device, shape, model)
    usual, lower = (times[f"{format} channels_last"] for format in ("float32", "bfloat16"))
    return "bfloat16" if lower <= GAIN * usual else "float32"


def seconds_an_image(device: torch.device, shape: tuple[int, ...], model: Choice = SMALL_CNN) -> dict[str, float]:
    """How long training takes an image, by number format and layout ("float32 channels_last"); as `step_times` says."""
    channels, height, width = shape
    key = f"seconds an image on one thread: {named(model)} on {channels}x{height}x{width}, {device_name(device)}"
    return remembered(key, lambda: step_times(model, (channels, height, width), device))
