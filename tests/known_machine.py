"""A home folder on a machine whose speed is known: a worker need not spend its first minute on measuring it.

What is measured decides how runs are trained, and so to the last bit what comes out; here it decides the same anywhere.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from costlab.training import devices, stack_size
from costlab.training.catalogue import catalogues
from costlab.training.measured import FILE

SPEED = {"float32 channels_last": 1e-4, "bfloat16 channels_last": 2e-4}  # seconds an image: bfloat16 does not pay
APART = {"1": 1e-4}  # seconds a model and image: nor do runs side by side


def furnish(home: Path) -> None:
    """Write to `home` what a worker would measure there."""
    (home / FILE).write_bytes(measured())


@cache
def measured() -> bytes:
    """The file of figures, as costlab itself writes it."""
    with TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSTLAB_HOME", home)
        patch.setattr(devices, "step_times", lambda *_: SPEED)
        patch.setattr(stack_size, "_measure", lambda *_: APART)
        for catalogue in catalogues():
            assert catalogue.seconds_per_image
        return (Path(home) / FILE).read_bytes()
