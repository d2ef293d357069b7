"""Starting and ending Python processes so that none is left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import costlab

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
NICE = 10  # who works at normal priority gets about nine tenths of a core that both want


def start_python(
    module: str, *arguments: str, database: str | None = None, **streams: Any
) -> "subprocess.Popen[bytes]":
    """`python -m module arguments` in a session of its own, which Ctrl-C in the terminal does not reach.

    database: what `COSTLAB_DATABASE` says there (a password does not belong among arguments, which anyone can list).
    """
    environment = dict(os.environ)
    if database:
        environment["COSTLAB_DATABASE"] = database
    root = str(Path(costlab.__file__).parents[1])
    if "site-packages" not in root:  # costlab is not installed but lies where it was cloned
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments], env=environment, start_new_session=True, **streams
    )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all of its group at once; nothing happens when it has ended."""
    if process.poll() is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except (AttributeError, PermissionError):  # no groups on Windows; macOS forbids signalling a zombie's group
        process.kill()


def yield_to_others() -> None:
    """Let this process, and what it starts, work when nobody at normal priority wants to; to be called first of all.

    Linux may weigh sessions against each other before it looks at processes, so the session steps back as well.
    """
    try:
        os.nice(NICE)
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(NICE))
    except (AttributeError, OSError):
        pass  # not on this system


def when_closed(descriptor: int, act: Callable[[], None]) -> None:
    """Call `act`, in a thread, when the other end of a pipe is closed: its owner ended, however that came."""

    def watch() -> None:
        while os.read(descriptor, 4096):
            pass
        act()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when the thread that started it ends; elsewhere the closed pipe must do.

    parent: its process id, as known to itself, to notice when it has ended already.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
