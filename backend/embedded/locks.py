"""The files by which the users of the embedded servers and their keeper know of one another."""

import fcntl
import time
from typing import IO

USERS_LOCK = "users.lock"  # shared by every user; taken alone by a keeper that found nobody left
KEEPER_LOCK = "keeper.lock"  # held by the keeper for as long as it lives
START_LOCK = "start.lock"  # held while somebody starts a keeper or joins one
ADDRESSES = "servers.json"  # there while the servers are ready

# How soon the end of the last user, or of a server, is noticed.
TICK = 0.1


def take_lock(file: IO[str], kind: int, patience: float = 0) -> bool:
    """Try for a lock of the kind on an open file, for `patience` seconds at most: others may hold it just to look."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(TICK / 4)
        else:
            return True
