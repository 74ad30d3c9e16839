"""The process that runs the embedded servers for everybody who uses them, and ends with the last user.

Every user holds a shared lock on one file for as long as it lives; the kernel releases it even after kill -9. When the keeper
gets that lock for itself, nobody is left: it stops the servers and goes. A server that dies meanwhile is started again.
Started by `EmbeddedServers`, to which it tells its progress in lines of JSON.
"""

import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from backend.embedded.errors import EmbeddedError
from backend.embedded.locks import ADDRESSES, KEEPER_LOCK, TICK, USERS_LOCK, take_lock
from backend.embedded.places import Account, release_sockets, socket_folder
from backend.embedded.postgres import EmbeddedPostgres
from backend.embedded.programs import find_postgres, find_valkey
from backend.embedded.valkey import EmbeddedValkey

# A server that falls over this often in a minute is broken, not unlucky.
MOST_RESTARTS_A_MINUTE = 10


class Keeper:
    """The embedded servers of one state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.ending = False
        self.restarts: list[float] = []
        account = Account.current()
        sockets = socket_folder(state, account)
        self.postgres = EmbeddedPostgres(state, sockets, account, find_postgres(state, account, say))
        program = find_valkey(state, account)
        self.valkey = EmbeddedValkey(state, sockets, account, program) if program else None
        if program is None:
            say("no Valkey for this platform: running without one, in one process")

    @property
    def servers(self) -> list[EmbeddedPostgres | EmbeddedValkey]:
        return [self.postgres, self.valkey] if self.valkey else [self.postgres]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The servers, from ready to stopped."""
        addresses = self.state / ADDRESSES
        try:
            self.postgres.prepare(say)
            for server in self.servers:
                server.start()
            self.postgres.create_database()
            urls = {"database_url": self.postgres.url, "redis_url": self.valkey.url if self.valkey else None}
            unfinished = addresses.with_suffix(".part")
            unfinished.write_text(json.dumps(urls))
            unfinished.rename(addresses)
            yield
        finally:
            addresses.unlink(missing_ok=True)
            for server in reversed(self.servers):
                server.stop()
            release_sockets(self.state)

    def watch(self, users: IO[str]) -> None:
        """Stay until nobody is left, or until told to end."""
        while not self.ending and not take_lock(users, fcntl.LOCK_EX):
            for server in self.servers:
                if not server.running:
                    self._restart(server)
            time.sleep(TICK)

    def end(self, *_: object) -> None:
        self.ending = True

    def _restart(self, server: EmbeddedPostgres | EmbeddedValkey) -> None:
        now = time.monotonic()
        self.restarts = [*(at for at in self.restarts if now - at < 60), now]
        if len(self.restarts) > MOST_RESTARTS_A_MINUTE:
            raise EmbeddedError(f"A server keeps falling over. Its log ends:\n{server.child.last_words()}")
        print(f"{server.child.log.stem} ended unasked; starting it again", file=sys.stderr, flush=True)
        server.start()


def tell(**message: object) -> None:
    """One line to whoever started us; it may be gone already."""
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def say(text: str) -> None:
    tell(say=text)


def hang_up() -> None:
    """Let go of the pipe to our starter, who waits for its end."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - the null device is no path of ours
        sys.stdout.flush()
        os.dup2(nowhere.fileno(), 1)


def main() -> int:
    state = Path(sys.argv[1])
    with (state / KEEPER_LOCK).open("w") as keeper_lock, (state / USERS_LOCK).open("w") as users:
        if not take_lock(keeper_lock, fcntl.LOCK_EX, patience=2):
            tell(error="Another keeper is at work.")
            return 1
        (state / ADDRESSES).unlink(missing_ok=True)
        try:
            keeper = Keeper(state)
            signal.signal(signal.SIGTERM, keeper.end)
            signal.signal(signal.SIGINT, keeper.end)
            with keeper.running():
                tell(ready=True)
                hang_up()
                keeper.watch(users)
        except EmbeddedError as error:
            tell(error=str(error))
            print(error, file=sys.stderr, flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
