#!/usr/bin/env bash
# Runs a k6 script, load.js if none is named, and keeps its exit code (99: thresholds were not kept):
#
#   bench/k6/run.sh [SCRIPT [K6 ARGUMENTS...]]
#
# BASE names a running server, and ADMIN its admin port if its own figures are wanted. Without BASE a server of its own
# runs for the time of the test, seeded, everything in one process; SERVER_FLAGS are added to its flags.
# shellcheck disable=SC2317 # "trap" calls functions by name
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(realpath "$HERE/../..")
OUT=$ROOT/var/k6
K6=${K6:-$ROOT/.bin/k6}
PATIENCE=60 # seconds that the server may take to start, to be idle again, and to stop
SERVER='' # process ids
LOAD=''

# shellcheck source=../../deploy/stack/ports.sh
source "$ROOT/deploy/stack/ports.sh"
# shellcheck source=../../deploy/stack/process.sh
source "$ROOT/deploy/stack/process.sh"

main() {
	local script=${1:-load.js} code=0 before=''
	[ $# -eq 0 ] || shift
	mkdir -p "$OUT"
	cd "$ROOT"
	trap stop EXIT
	trap 'exit 130' INT TERM HUP

	export SEED_USERS=${SEED_USERS:-1000} SEED_POSTS=${SEED_POSTS:-10000} SUMMARY=${SUMMARY:-$OUT/summary.json}
	if [ -z "${BASE:-}" ]; then
		start
		before=$(figure go_goroutines)
	fi

	"$K6" run --quiet --no-usage-report "$@" "$HERE/$script" &
	LOAD=$! # in the background, or bash would handle a signal only after it
	wait "$LOAD" || code=$?

	if [ -n "$SERVER" ]; then
		alive "$SERVER" || quit "the server ended under load: $OUT/server.log"
		cores
		idle "$before"
	fi
	# In the stress profile a step that is not held is what ends the run: the answer, not a failure.
	if [ "${PROFILE:-}" = stress ] && [ $code -eq 99 ] && grep -q '"heldPerSecond": [1-9]' "$SUMMARY"; then code=0; fi
	exit $code
}

say() {
	echo "k6: $*" >&2
}

quit() {
	say "$*"
	exit 1
}

# start builds and starts the server. -rate 0: nobody's requests are turned away for being many, as all come from one
# address; sign-in is limited by attempts that fail, and the scripts have none.
start() {
	local port=${BENCH_PORT:-18150} began=$SECONDS
	go build -o "$ROOT/var/bin/dev" ./cmd/dev
	while port_taken "$port" || port_taken $((port + 1)); do port=$((port + 2)); done
	export BASE=http://127.0.0.1:$port ADMIN=http://127.0.0.1:$((port + 1))
	rm -rf "$OUT/access"

	# shellcheck disable=SC2086 # a list of flags
	"$ROOT/var/bin/dev" -addr "${BASE#http://}" -admin-addr "${ADMIN#http://}" -rate 0 -log-dir "$OUT/access" -spool-dir "$OUT/spool" \
		-seed-users "$SEED_USERS" -seed-posts "$SEED_POSTS" ${SERVER_FLAGS:-} </dev/null >"$OUT/server.log" 2>&1 &
	SERVER=$!
	until [[ $(admin /readyz) == HTTP/*' 200 '* ]]; do
		alive "$SERVER" || quit "the server ended while starting: $OUT/server.log"
		((SECONDS - began < PATIENCE)) || quit "the server is not ready after $PATIENCE s: $OUT/server.log"
		sleep 0.1
	done
	say "server on $BASE, admin port $ADMIN"
}

admin() {
	ask "${ADMIN##*:}" "GET $1 HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n" 1000000 || true
}

# figure NAME prints a number out of the server's metrics.
figure() {
	admin /metrics | sed -n "s/^$1 //p" | tr -d '\r'
}

# idle BEFORE waits until the server has as many goroutines as before, or about: what stays would be a leak.
idle() {
	local began=$SECONDS now
	while now=$(figure go_goroutines) && ((now > $1 + 20)); do
		((SECONDS - began < PATIENCE)) || quit "the server had $1 goroutines before and has $now a minute after: see $ADMIN/debug/pprof/goroutine"
		sleep 0.5
	done
	say "server afterwards: $now goroutines ($1 before), $(figure process_resident_memory_bytes | awk '{ printf "%.0f", $1 / 1048576 }') MB"
}

# cores says how much of the time when the server wanted a core it had one. Where it waited for long, the figures are the
# machine's and not the server's.
cores() {
	say "$(cat "/proc/$SERVER"/task/*/schedstat | awk '{ ran += $1; waited += $2 } END { printf "server: %.1f s on a core, %.1f s waiting for one", ran / 1e9, waited / 1e9 }')"
}

stop() {
	local pid began
	trap '' INT TERM HUP
	for pid in $LOAD $SERVER; do
		signal "$pid" TERM
		began=$SECONDS
		while alive "$pid"; do
			if ((SECONDS - began >= PATIENCE)); then
				say "process $pid has not ended for $PATIENCE s: killing it"
				signal "$pid" KILL
			fi
			sleep 0.1
		done
	done
}

main "$@"
