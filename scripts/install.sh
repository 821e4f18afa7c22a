#!/bin/sh
# Make a virtual environment with Duologue and one of its extras, at the pinned versions.
#   sh scripts/install.sh python3.11 .venv dev
# torch is fetched first: its CPU wheel where there is no NVIDIA GPU and PyTorch's own index answers (the wheel on
# PyPI carries gigabytes of CUDA), otherwise whatever pip is configured to give for the pinned version.
# Nothing is compiled ahead: of 20,000 modules a few thousand are ever imported, and Python compiles those itself.
set -eu
python=$1 venv=$2 extra=$3
cd "$(dirname "$0")/.."
command -v "$python" >/dev/null 2>&1 || python=python3
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
install="$venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile"

cpu_index=https://download.pytorch.org/whl/cpu
answers() {
  "$venv/bin/python" -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=3)" "$1" 2>/dev/null
}
if ! command -v nvidia-smi >/dev/null 2>&1 && answers "$cpu_index/"; then
  $install --index-url "$cpu_index" "$(grep '^torch==' constraints.txt)"
else
  $install -c constraints.txt torch
fi
$install -c constraints.txt -e ".[$extra]"
