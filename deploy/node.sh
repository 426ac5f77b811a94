#!/usr/bin/env bash
# Prints a PATH on which node is Node.js 20 or newer, for the tests of what browsers run: the PATH as it is if that will
# do; else Debian's packages are installed, and if their Node.js is older, another one from the npm registry before it.
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

done_with() {
	echo "$1"
	exit
}

if new_enough node && command -v npm >/dev/null; then done_with "$PATH"; fi

folder=$CACHE_DIR/node-$WANTED
if ! new_enough "$folder/node_modules/.bin/node"; then
	mkdir -p "$STACK_DIR" "$folder"
	command -v npm >/dev/null || install_packages nodejs npm >&2
	if new_enough node; then done_with "$PATH"; fi
	npm install --silent --no-audit --no-fund --prefix "$folder" "node@$WANTED" "npm@10" >&2 || die "npm could not install Node.js $WANTED"
	# Its program is put there by an install script, which npm can be told to leave out.
	new_enough "$folder/node_modules/.bin/node" || die "npm installed no Node.js $WANTED that runs: is ignore-scripts set?"
fi
done_with "$folder/node_modules/.bin:$PATH"
