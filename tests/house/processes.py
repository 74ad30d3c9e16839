"""Looks at the machine's processes: what still runs, and until when."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def processes_of(state: Path) -> dict[int, str]:
    """Whatever still runs with this state folder in its command line."""
    seen = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in seen.splitlines() if str(state) in line]
    return {int(pid): command for pid, status, command in rows if not status.startswith("Z")}


def eventually(holds: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
