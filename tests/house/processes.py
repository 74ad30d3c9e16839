"""Looks at the machine's processes: what still runs, and until when."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def processes_of(state: Path) -> dict[int, str]:
    """Whatever still runs with this state folder in its command line; a fork that still bears its parent's name counts as its parent."""
    seen = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=3) for line in seen.splitlines() if str(state) in line]
    running = {int(pid): (int(parent), command) for pid, parent, status, command in rows if not status.startswith("Z")}
    return {pid: command for pid, (parent, command) in running.items() if running.get(parent, (0, ""))[1] != command}


def postmaster_of(state: Path) -> int:
    """The process number of the state folder's PostgreSQL, as PostgreSQL itself wrote it down."""
    return int((state / "postgres" / "postmaster.pid").read_text().split()[0])


def eventually(holds: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
