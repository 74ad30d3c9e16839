"""`make profile OPERATION=page`: a flame graph of the server's process while it answers one operation again and again.

py-spy looks at the running process from outside: it changes nothing in it, and needs the right to trace processes.
"""

import argparse
import asyncio
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.data import Size
from bench.load import send_for
from bench.operations import fill_carts, operations
from bench.servers import api, postgres, shop_of


def main() -> None:
    size = Size(lists=20, companies=200)
    chosen = {one.name: one for one in operations(size) if not one.once}
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("operation", choices=chosen)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("profile.svg"))
    arguments = parser.parse_args()
    spy = shutil.which("py-spy")
    if spy is None:
        raise SystemExit("py-spy was not found: `make profile` installs it.")
    with ExitStack() as stack:
        url = stack.enter_context(shop_of(stack.enter_context(postgres()), size))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asyncio.run(fill_carts(url, size, 30))
        server = stack.enter_context(api(url, folder / "api.log"))
        requests = chosen[arguments.operation].requests(0)
        send_for(server.port, requests, 3)
        record = [spy, "record", "--pid", str(server.process.pid), "--duration", str(arguments.seconds), "--rate", "250"]
        watching = subprocess.Popen([*record, "--output", str(arguments.out)])
        try:
            while watching.poll() is None:
                send_for(server.port, requests, 3)
        finally:
            watching.terminate()
    if watching.returncode:
        raise SystemExit("py-spy could not watch the server: it needs the right to trace processes, such as root's.")
    print(f"Written to {arguments.out}")


if __name__ == "__main__":
    main()
