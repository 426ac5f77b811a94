#!/usr/bin/env bash
# Prints the folder of Node.js 20 or newer for the tests of what browsers run, empty if the one on the PATH will do.
# Debian's own is taken if it is new enough, the npm registry's otherwise.
set -euo pipefail

DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STACK_DIR=$(realpath -m "${BFF_STACK_DIR:-$DEPLOY/../var/stack}")
CACHE_DIR=$(realpath -m "${BFF_STACK_CACHE:-$DEPLOY/../var/cache}")
WANTED=20
# shellcheck source=stack/packages.sh
source "$DEPLOY/stack/packages.sh"

die() {
	echo "node: $*" >&2
	exit 1
}

# new_enough PROGRAM
new_enough() {
	local version
	version=$("$1" --version 2>/dev/null) || return 1
	version=${version#v}
	((${version%%.*} >= WANTED))
}

if new_enough node && command -v npm >/dev/null; then exit; fi

folder=$CACHE_DIR/node-$WANTED
if ! new_enough "$folder/node_modules/.bin/node"; then
	mkdir -p "$STACK_DIR" "$folder"
	command -v npm >/dev/null || install_packages nodejs npm >&2
	if new_enough node; then exit; fi
	npm install --silent --no-audit --no-fund --prefix "$folder" "node@$WANTED" "npm@10" >&2 || die "npm could not install Node.js $WANTED"
fi
echo "$folder/node_modules/.bin"
