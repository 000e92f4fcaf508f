#!/usr/bin/env bash
# Installs what the features of devcontainer.json do not: Debian's packages, the crates and the Node packages of the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi

# A C compiler for aws-lc-rs and ring, Python for zig and the Python client, and what the tests' Chromium links to.
packages=(build-essential ca-certificates git python3 python3-venv libnss3 libnspr4)
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}"

cargo fetch --locked
npm ci --prefix dev/e2e --no-audit --no-fund

echo 'Ready: "cargo local" starts the server, "cargo xtask test" runs every test.'
