#!/bin/sh
# Makes .venv from requirements/cpu.txt, or does nothing (in milliseconds) if it is there and still right.
#
# .venv/.complete is written last and holds checksums of what .venv was made from, so that an interrupted
# build, a changed pin or a replaced Python is noticed and .venv is made anew. Needs no C compiler.
#   PYTHON=python3.12 make demo      to choose the Python
#   TORCH_INDEX=URL make demo        to take torch's CPU build from a mirror
set -eu
cd "$(dirname "$0")/.."

LIST=requirements/cpu.txt
TORCH_INDEX=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}
NEEDED_KB=4000000 # 2.5 GB in place, the rest for pip while it unpacks
DONE=.venv/.complete

fail() {
    printf 'dgrc set-up: %s\n' "$*" | fold -s -w 110 >&2
    exit 2
}

say() { echo "$*" >&2; }

checksum() { cat "$@" | cksum | tr ' ' '-'; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 to 3.14 was found (tried ${PYTHON:-python3, python3.13, python3.12, python3.11};" \
        "python3 is $(python3 --version 2>&1 || true)). Install one, or name it: PYTHON=/path/to/python3.11 make demo."
}

check_machine() {
    [ "$(uname -s)" = Linux ] || fail "this is $(uname -s), but vLLM's CPU build and DeepSpeed run on Linux. Use a" \
        "Linux machine or container (x86_64 or aarch64)."
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail "$python cannot make virtual environments: its venv or" \
        "ensurepip module is missing. Install it (on Debian and Ubuntu: apt install python3-venv), or name another" \
        "Python: PYTHON=/path/to/python3.11 make demo."
    free=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free" -ge $NEEDED_KB ] || fail "$(pwd) has $((free / 1000)) MB free, but $((NEEDED_KB / 1000)) MB are needed to" \
        "build .venv. Free some space, or clone the repository onto a larger disk."
}

# pip without compiling: bytecode of all modules would double time and add 0.5 GB; what is used is compiled below.
pip_install() { .venv/bin/python -m pip --disable-pip-version-check install -qq --no-deps --no-compile "$@"; }

install_all() {
    torch=$(sed -n 's/^torch==\([^ ]*\).*/torch==\1+cpu/p' $LIST)
    setuptools=$(sed -n '/^setuptools==/p' $LIST)
    rest=.venv/without-torch.txt
    grep -v '^torch==' $LIST >$rest
    # setuptools first and torch last: DeepSpeed is built from source, by this setuptools and without seeing torch.
    say "1/3 $(grep -c '^[A-Za-z]' $rest) packages"
    pip_install "$setuptools" || return 1
    DS_BUILD_OPS=0 pip_install --no-build-isolation -r $rest || return 1
    say "2/3 $torch"
    # An index of our own choosing is asked only if the configured one has no CPU build: it may be out of reach.
    if pip_install --dry-run "$torch" 2>/dev/null; then
        pip_install "$torch" || return 1
    else
        say "torch's CPU build is not on the configured package index: taking it from $TORCH_INDEX"
        pip_install --index-url "$TORCH_INDEX" "$torch" || return 1
    fi
    # The wheel carries torch's own test programs, 120 MB.
    rm -rf .venv/lib/python3*/site-packages/torch/test .venv/lib/python3*/site-packages/torch/bin/test_*
}

install_project() { pip_install --no-build-isolation --editable .; }

# Imports what a run imports: proves that the environment works, and leaves its bytecode for all later processes.
warm_up() {
    say "3/3 trying it out"
    env -u PYTHONDONTWRITEBYTECODE .venv/bin/python requirements/warm_up.py
}

build() {
    python=$(find_python)
    check_machine
    say "Building .venv from $LIST with $python (about 2.5 GB, a minute or two)"
    rm -rf .venv
    "$python" -m venv .venv || fail "$python -m venv .venv failed, see above. Install Python's venv module."
    install_all || fail "the packages of $LIST could not be installed, see pip's words above. Check the network, pip's" \
        "configuration (pip config list) and free space, then run make again. If only torch is missing, name an index" \
        "that has its CPU build: TORCH_INDEX=URL make demo."
    install_project || fail "dgrc itself could not be installed into .venv, see pip's words above."
    warm_up || fail "the environment was installed, but importing it failed, see above. Please report this with" \
        "the output of: uname -a; .venv/bin/python --version."
}

packages=$(checksum $LIST requirements/build_env.sh)
project=$(checksum setup.cfg pyproject.toml)
version() { "$1" -c 'import sys; print(sys.version_info[:2])' 2>/dev/null || echo none; }

# PYTHON asks for a version; without it any that works will do.
current=$(version .venv/bin/python)
was_packages='' was_project=''
if [ -f $DONE ] && [ "$current" != none ] && [ "$(version "${PYTHON:-.venv/bin/python}")" = "$current" ]; then
    read -r was_packages was_project <$DONE || true
fi
if [ "$was_packages" != "$packages" ]; then
    build
elif [ "$was_project" != "$project" ]; then
    rm -f $DONE
    install_project || fail "dgrc itself could not be installed into .venv, see pip's words above."
else
    exit 0
fi
printf '%s %s\n' "$packages" "$project" >$DONE.new
mv $DONE.new $DONE
