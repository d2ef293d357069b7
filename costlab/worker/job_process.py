"""A job process as the dispatcher holds it."""

import os
import queue
import subprocess
import threading
from typing import IO

from pydantic import ValidationError

from costlab.worker.messages import FROM_JOB, FromJob, Gone, Rung, ToJob
from costlab.worker.processes import kill, start_python
from costlab.worker.run_log import GroupLog

Message = FromJob | Gone | Rung
Arrived = tuple["JobProcess | None", Message]  # None: it comes from no process
Inbox = queue.SimpleQueue[Arrived]
CHUNK = 65_536  # bytes


class JobProcess:
    """Starts the process; its messages come to `inbox`, `Gone` as the last; what else it writes goes to `log`.

    To be made in the dispatcher's main thread: Linux ends the process when the thread that started it ends.
    """

    def __init__(self, program: str, inbox: Inbox, device: str, offers: bool):
        pipe = subprocess.PIPE
        arguments = [program, str(os.getpid()), device, *(["--offers"] if offers else [])]
        self._process = start_python("costlab.worker.job", *arguments, stdin=pipe, stdout=pipe, stderr=pipe)
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.log = GroupLog()
        self._log_reader = self._thread(self._read_log)
        self._thread(self._read_messages, inbox)
        self._thread(self._write)  # so that a job that does not read can never hold up the dispatcher

    @staticmethod
    def _thread(target: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    @property
    def pid(self) -> int:
        """The process's id, and its group's."""
        return self._process.pid

    def send(self, message: ToJob) -> None:
        """Send a message; if the process has ended nothing happens, `Gone` is on its way."""
        self._outgoing.put(message.model_dump_json().encode() + b"\n")

    def kill(self) -> None:
        """End the process at once; `Gone` follows."""
        kill(self._process)

    def wait(self, seconds: float) -> None:
        """Wait until the process has ended. Raises subprocess.TimeoutExpired."""
        self._process.wait(seconds)

    def _write(self) -> None:
        stream = _open(self._process.stdin)
        try:
            while (line := self._outgoing.get()) is not None:
                stream.write(line)
                stream.flush()
        except OSError:
            pass  # the process has ended

    def _read_messages(self, inbox: Inbox) -> None:
        for line in _open(self._process.stdout):
            try:
                inbox.put((self, FROM_JOB.validate_json(line)))
            except ValidationError:
                self.log.add(line)
        kill(self._process)  # it closed its output, so it has ended or will never say anything again
        self._log_reader.join(timeout=0.5)
        code = self._process.wait()
        self._outgoing.put(None)
        inbox.put((self, Gone(code=code)))

    def _read_log(self) -> None:
        stream = _open(self._process.stderr)
        while chunk := os.read(stream.fileno(), CHUNK):
            self.log.add(chunk)


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
