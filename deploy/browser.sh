#!/usr/bin/env bash
# Installs Chromium for the tests that look at the pages, and fonts for the titles in Chinese.
set -euo pipefail

DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STACK_DIR=$(realpath -m "${BFF_STACK_DIR:-$DEPLOY/../var/stack}")
# shellcheck source=stack/packages.sh
source "$DEPLOY/stack/packages.sh"

die() {
	echo "browser: $*" >&2
	exit 1
}

mkdir -p "$STACK_DIR"
install_packages chromium fonts-noto-cjk
