"""Where the embedded servers keep their files, and as whom they run.

Owns the state folder, the socket folder and the account; promises that the account can reach what it is given, and that
nobody else can reach the data or the sockets.
"""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.embedded.errors import EmbeddedError

# A socket's path ends at 107 bytes on Linux and 103 on macOS; ".s.PGSQL.5432" is the longest name put into the folder.
SOCKET_FOLDER_LIMIT = 103 - len("/.s.PGSQL.5432")

# Characters that mean the same in a path, in a URL and in PostgreSQL's list of socket folders.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")

# Names the temporary socket folder while there is one.
ELSEWHERE = "sockets.path"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Account:
    """The user that runs the servers: ourselves, or `nobody` when we are root, whom PostgreSQL refuses to serve."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def current(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        entry = pwd.getpwnam("nobody")
        return cls(entry.pw_uid, entry.pw_gid, switch=True)

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments that make a subprocess run as this account."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, command: Sequence[str | os.PathLike[str]]) -> bool:
        """Whether this account can run the command, and the command answers yes."""
        try:
            done = subprocess.run(command, capture_output=True, cwd="/", **self.popen_options())
        except OSError:
            return False
        return done.returncode == 0

    def own_folder(self, path: Path, mode: int = 0o700) -> Path:
        """Make a folder that belongs to this account."""
        path.mkdir(parents=True, exist_ok=True)
        if self.switch:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)
        return path


def default_state() -> Path:
    """`$LINESHEET_STATE`, or `.linesheet` in the checkout."""
    named = os.environ.get("LINESHEET_STATE")
    return Path(named).expanduser().absolute() if named else Path(__file__).resolve().parents[2] / ".linesheet"


def fallback_state(wished: Path) -> Path:
    """Where the files go when the account cannot reach the wished folder: a name that follows from it."""
    return Path("/var/tmp") / f"linesheet-{hashlib.sha256(os.fsencode(wished)).hexdigest()[:12]}"


def settle_state(wished: Path, account: Account, say: Say) -> Path:
    """Make the state folder, elsewhere if the account cannot pass through to the wished one, and answer where it is."""
    if account.switch and not _reachable(wished, account):
        elsewhere = fallback_state(wished)
        say(f"{wished} is out of reach for the user that runs the servers; their files are kept in {elsewhere}")
        wished = elsewhere
    wished.mkdir(parents=True, exist_ok=True)
    _refuse_foreign(wished)
    # As root the servers' account must pass through this folder; what is inside belongs to it alone.
    wished.chmod(0o711 if account.switch else 0o700)
    return wished


def _reachable(folder: Path, account: Account) -> bool:
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    # Our own folder may have been left closed; those above it are not ours to open.
    if nearest == folder:
        nearest = folder.parent
    return account.can(["test", "-x", nearest])


def _refuse_foreign(folder: Path) -> None:
    """A folder in a place that everybody can write to may have been laid out for us by somebody else."""
    if folder.is_symlink() or folder.lstat().st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} belongs to another user. Remove it, or set LINESHEET_STATE to another folder.")


def socket_folder(state: Path, account: Account) -> Path:
    """A private folder for sockets: in the state folder, or a short temporary one when that path would not do."""
    wished = state / "sockets"
    if len(os.fsencode(wished)) <= SOCKET_FOLDER_LIMIT and PLAIN_PATH.fullmatch(str(wished)):
        return account.own_folder(wished)
    release_sockets(state)
    # mkdtemp: private and unguessable. Not TMPDIR, which can be long itself.
    made = Path(tempfile.mkdtemp(prefix="linesheet-", dir="/tmp"))
    (state / ELSEWHERE).write_text(str(made))
    return account.own_folder(made)


def release_sockets(state: Path) -> None:
    """Remove the temporary socket folder, also one left over by a keeper that was killed."""
    remembered = state / ELSEWHERE
    if remembered.exists():
        shutil.rmtree(remembered.read_text(), ignore_errors=True)
        remembered.unlink()
