"""Where to train and in which precision: rules that give the same answer in every process of a machine."""

import platform
from pathlib import Path
from typing import Literal, cast

import torch

from costlab.catalogue import DeviceEntry
from costlab.errors import DeviceUnavailable


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
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def precision(asked: str, device: torch.device, shape: tuple[int, ...]) -> Literal["float32", "bfloat16"]:
    """The number format of the forward pass on images of `shape` (C, H, W); "auto" is a rule, not a measurement.

    So every process of a machine gives the same answer. On a CPU that multiplies bfloat16 natively, training took 0.70
    of the time on 28x28 pixels and 0.93 on 8x8; on one that does not, 2 to 11 times as long. On a GPU, networks as
    small as these should wait for launches, not for sums (not measured).
    """
    if asked != "auto":
        return cast(Literal["float32", "bfloat16"], asked)
    large = shape[1] * shape[2] > 16 * 16
    return "bfloat16" if device.type == "cpu" and large and _native_bfloat16() else "float32"


def _native_bfloat16() -> bool:
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # torch 2.10 and later
    return any(capabilities.get(feature) for feature in ("avx512_bf16", "amx_bf16"))
