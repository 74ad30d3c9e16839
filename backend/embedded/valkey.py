"""The embedded Valkey: a cache and a bus in memory, reached by a private socket. It keeps nothing on disk."""

import signal
import socket
import time
from pathlib import Path

from backend.embedded.errors import EmbeddedError
from backend.embedded.places import Account
from backend.embedded.process import Child


class EmbeddedValkey:
    """One Valkey server without persistence."""

    def __init__(self, state: Path, sockets: Path, account: Account, program: Path) -> None:
        self.socket = sockets / "valkey.sock"
        self.program = program
        self.child = Child(account, state / "valkey.log", signal.SIGTERM)

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def running(self) -> bool:
        return self.child.running

    def start(self, timeout: float = 10) -> None:
        command: list[str | Path] = [self.program, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        # A cache that is full forgets the oldest; it never takes the machine down.
        command += ["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]
        self.child.spawn(command)
        deadline = time.monotonic() + timeout
        while not self._answers():
            if not self.child.running or time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(f"Valkey did not start. Its log ends:\n{self.child.last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        self.child.stop(patience=5)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False
