#!/bin/sh
# Makes a virtual environment and installs a lock, and the checkout itself, into it.
# Usage: install.sh VENV LOCK [SECOND-BEST-LOCK, for a platform that some package of the first has no build for]
set -eu
venv=$1
lock=$2
second=${3:-}
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Linesheet needs Python 3.11 or newer; $python is $("$python" --version 2>&1). Name another: make run PYTHON=python3.12" >&2
    exit 1
}
if [ ! -x "$venv/bin/python" ]; then
    echo "  making the virtual environment"
    "$python" -m venv "$venv" || {
        echo "Python could not make a virtual environment. On Debian: apt-get install python3-venv" >&2
        exit 1
    }
fi

install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
}

echo "  installing what $lock names"
if ! install "$lock"; then
    [ -n "$second" ] || exit 1
    echo "  the embedded servers have no build for this platform: a PostgreSQL of this machine will be used"
    install "$second"
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
