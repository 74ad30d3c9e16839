"""One server program as a direct child: started, asked how it does, and stopped.

Promises that on Linux the child is told to stop when its parent dies, however the parent dies. For that it must be started
from the parent's main thread: the death signal follows the thread that forked.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from backend.embedded.places import Account

PR_SET_PDEATHSIG = 1

# A log larger than this begins anew when its server starts.
LOG_LIMIT = 10_000_000


class Child:
    """A server program; `stop_signal` is the one by which it ends cleanly without waiting for its clients."""

    def __init__(self, account: Account, log: Path, stop_signal: signal.Signals) -> None:
        self.account = account
        self.log = log
        self.stop_signal = stop_signal
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, command: Sequence[str | os.PathLike[str]]) -> int:
        """Start the program in a session of its own, so that a Ctrl-C in the terminal reaches only its parent."""
        too_long = self.log.exists() and self.log.stat().st_size > LOG_LIMIT
        with self.log.open("wb" if too_long else "ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=_follow_parent(self.stop_signal),
                **self.account.popen_options(),
            )
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, patience: float = 20) -> None:
        """Ask the program to end; after `patience` seconds, make it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(patience)

    def last_words(self) -> str:
        """The end of the log, for an error message."""
        try:
            return self.log.read_text(errors="replace")[-1500:].strip()
        except OSError:
            return ""


def _follow_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child does before it becomes the program: ask the kernel for a signal when its parent is gone."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died between the fork and the request
            os._exit(1)

    return follow
