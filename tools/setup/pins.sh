#!/usr/bin/env bash
# Writes constraints.txt from what is installed in .venv (make pins).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

{
    echo "# Every package of the environment at one version, written by \`make pins\`."
    echo "# What only boards install (rknn-toolkit-lite2, picamera2) is pinned in pyproject.toml."
    # 2.13.0+cpu and 2.13.0 are one version here.
    .venv/bin/python -m pip list --format freeze --exclude-editable | sed 's/+[a-z0-9.]*$//'
} >constraints.txt.new
mv constraints.txt.new constraints.txt
