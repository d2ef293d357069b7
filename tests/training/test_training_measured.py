"""What is measured once is then the same for every process of the machine, whatever becomes of the file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn.modules.module import register_module_forward_hook

from costlab.specs import Choice
from costlab.training import devices, measured
from costlab.training.measured import named, remembered
from costlab.training.stack_size import seconds_by_width
from costlab.training.step_time import step_times

CPU, SHAPE = torch.device("cpu"), (1, 8, 8)
ASK = """
import sys, uuid
from costlab.training.measured import remembered
sys.stdin.readline()
print(remembered("who came first", lambda: uuid.uuid4().hex))
"""


def must_not() -> float:
    raise AssertionError("measured again")


def test_what_was_measured_is_not_measured_again_and_survives_the_process(costlab_home: Path) -> None:
    assert remembered("speed", lambda: {"float32": 0.5}) == {"float32": 0.5}
    assert remembered("speed", must_not) == {"float32": 0.5}
    assert json.loads((costlab_home / "measured.json").read_text()) == {measured.machine(): {"speed": {"float32": 0.5}}}
    assert not list(costlab_home.glob("*.part"))


def test_another_key_processor_or_torch_is_measured_anew(costlab_home: Path) -> None:
    (costlab_home / "measured.json").write_text(json.dumps({"torch 1.0 on a 486": {"speed": 1}}))
    assert remembered("speed", lambda: 2) == 2
    assert remembered("size", lambda: 3) == 3
    kept = json.loads((costlab_home / "measured.json").read_text())
    assert kept == {"torch 1.0 on a 486": {"speed": 1}, measured.machine(): {"speed": 2, "size": 3}}


@pytest.mark.parametrize("broken", [b"", b"{", b"\xff\xfe\x00", b"[1, 2]", b'{"x": 1}', b"[" * 100_000])
def test_a_broken_file_is_measured_again_and_mended(costlab_home: Path, broken: bytes) -> None:
    (costlab_home / "measured.json").write_bytes(broken)
    assert remembered("speed", lambda: 7) == 7
    assert remembered("speed", must_not) == 7


def test_a_measurement_may_ask_for_another_one() -> None:
    assert remembered("outer", lambda: 1 + remembered("inner", lambda: 2)) == 3
    assert remembered("inner", must_not) == 2


def test_a_measurement_that_fails_is_not_remembered_and_leaves_no_lock() -> None:
    with pytest.raises(AssertionError, match="measured again"):
        remembered("speed", must_not)
    assert remembered("speed", lambda: 4) == 4


@pytest.mark.skipif(os.name == "nt", reason="file modes")
def test_where_nothing_can_be_written_the_process_remembers(
    costlab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (costlab_home / "a file").write_text("")
    monkeypatch.setenv("COSTLAB_HOME", str(costlab_home / "a file" / "below"))
    assert remembered("unwritten", lambda: 5) == 5
    assert remembered("unwritten", must_not) == 5


@pytest.mark.process
def test_processes_that_ask_at_the_same_time_get_one_answer() -> None:
    pipe = subprocess.PIPE
    asking = [subprocess.Popen([sys.executable, "-c", ASK], stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    assert len({process.communicate("\n")[0] for process in asking}) == 1


def test_a_key_tells_models_apart_by_name_options_and_file(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, wide, linear = Choice(name="small_cnn"), Choice(name="small_cnn", options={"width": 2.0}), "linear"
    assert len({named(usual), named(wide), named(Choice(name=linear))}) == 3
    assert named(wide).startswith("small_cnn width=2.0 (")
    before = named(usual)
    measured._file_number.cache_clear()
    monkeypatch.setattr(measured.inspect, "getsource", lambda module: "other layers")
    assert named(usual) != before
    measured._file_number.cache_clear()


@pytest.mark.parametrize(("share", "expected"), [(0.5, "bfloat16"), (0.97, "float32"), (3.0, "float32")])
def test_auto_takes_bfloat16_only_where_it_was_measured_to_pay(share: float, expected: str) -> None:
    wide = Choice(name="small_cnn", options={"width": 2.0})
    key = f"seconds an image on one thread: {named(wide)} on 1x8x8, {devices.device_name(CPU)}"
    remembered(key, lambda: {"float32 channels_last": 1e-4, "bfloat16 channels_last": share * 1e-4})
    assert devices.precision("auto", CPU, SHAPE, wide) == expected
    assert devices.precision("bfloat16", CPU, SHAPE, wide) == "bfloat16"


def test_step_times_are_taken_of_each_form_and_disturb_no_random_numbers() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    times = step_times(Choice(name="linear"), SHAPE, CPU)
    assert set(times) == {"float32 channels_last", "bfloat16 channels_last"}
    assert all(0 < seconds < 1 for seconds in times.values())
    assert torch.equal(torch.get_rng_state(), before)


def test_steps_are_timed_on_one_thread_whatever_torch_is_set_to() -> None:
    before, seen = torch.get_num_threads(), set()
    torch.set_num_threads(3)
    hook = register_module_forward_hook(lambda *_: seen.add(torch.get_num_threads()))
    try:
        step_times(Choice(name="linear"), SHAPE, CPU)
        seconds_by_width(Choice(name="linear"), SHAPE, "float32", CPU, 8)
        assert torch.get_num_threads() == 3
    finally:
        hook.remove()
        torch.set_num_threads(before)
    assert seen == {1}
