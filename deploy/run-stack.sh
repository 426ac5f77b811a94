#!/usr/bin/env bash
# Runs the whole BFF on this machine: the real servers (stack.sh), two userd, two postd, the server and, where it
# exists, the logwriter. Ctrl-C stops the programs in reverse order; the servers stay up for the next run.
#
# Addresses go to the programs in the contract's environment variables. What the caller has set wins, for example
# BFF_REDIS= (no second level) or BFF_SEED_USERS=100000.
# shellcheck disable=SC2317 # "await" and "trap" call functions by name
set -euo pipefail

DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$DEPLOY")
BIN=$ROOT/var/bin
PATIENCE=${BFF_STACK_PATIENCE:-60} # seconds a program may take to start, and to stop

# shellcheck source=stack/ports.sh
source "$DEPLOY/stack/ports.sh"
# shellcheck source=stack/process.sh
source "$DEPLOY/stack/process.sh"

NAMES=() # in the order of starting
declare -A PIDS=()
PREFIXERS=()
STOPPING=''

main() {
	cd "$ROOT"
	local programs=(userd postd server)
	[ ! -d cmd/logwriter ] || programs+=(logwriter)

	build "${programs[@]}"
	"$DEPLOY/stack.sh" up
	set_environment

	trap 'STOPPING=yes' INT TERM HUP
	trap 'stop_all' EXIT

	local user=${BFF_USERD_ADDR:-127.0.0.1:10000} post=${BFF_POSTD_ADDR:-127.0.0.1:10001}
	start_at userd-1 "$user" "$BIN/userd" -addr "$user"
	start_at postd-1 "$post" "$BIN/postd" -addr "$post"
	start_at userd-2 "$(two_further "$user")" "$BIN/userd" -addr "$(two_further "$user")"
	start_at postd-2 "$(two_further "$post")" "$BIN/postd" -addr "$(two_further "$post")"
	[ ! -d cmd/logwriter ] || start logwriter "$BIN/logwriter"
	require_free server "$BFF_ADDR" BFF_ADDR
	require_free server "$BFF_ADMIN_ADDR" BFF_ADMIN_ADDR
	start server "$BIN/server"
	await server ready

	say "ready
	  GraphQL and Playground  http://$(reachable "$BFF_ADDR")/
	  health, metrics, pprof  http://$(reachable "$BFF_ADMIN_ADDR")/readyz /metrics /debug/pprof/
	  Ctrl-C stops the programs; make stack-down stops the servers"
	watch_over
}

say() {
	sed -E 's/^\t/   /' <<<"run-stack: $*"
}

quit() {
	say "$*" >&2
	exit 1
}

build() {
	mkdir -p "$BIN"
	say "building ${*}"
	go build -o "$BIN/" "${@/#/./cmd/}"
}

set_environment() {
	local BFF_TEST_ZOOKEEPER BFF_TEST_REDIS BFF_TEST_DATABASE BFF_TEST_KAFKA addresses
	addresses=$("$DEPLOY/stack.sh" env)
	eval "${addresses//export /}"
	export BFF_ZOOKEEPER=${BFF_ZOOKEEPER-$BFF_TEST_ZOOKEEPER}
	export BFF_DATABASE=${BFF_DATABASE-$BFF_TEST_DATABASE}
	export BFF_REDIS=${BFF_REDIS-$BFF_TEST_REDIS}
	export BFF_KAFKA=${BFF_KAFKA-$BFF_TEST_KAFKA}
	export BFF_ADDR=${BFF_ADDR:-127.0.0.1:8080}
	export BFF_ADMIN_ADDR=${BFF_ADMIN_ADDR:-127.0.0.1:8081}
}

# start NAME COMMAND... runs the program with its name before every line it prints. It gets a session of its own,
# because Ctrl-C in a terminal reaches the whole group and would stop all programs at once, in no order; and it is
# told to stop when this script is killed.
start() {
	local name=$1 out
	shift
	[ -z "$STOPPING" ] || exit 130
	exec {out}> >(prefix "$name")
	PREFIXERS+=("$!")
	setsid setpriv --pdeathsig TERM "$@" </dev/null >&"$out" 2>&1 {out}>&- &
	PIDS[$name]=$!
	exec {out}>&-
	NAMES+=("$name")
}

prefix() {
	trap '' INT TERM HUP
	exec sed -u "s/^/$(printf '%-9s' "$1") | /"
}

# start_at NAME ADDRESS COMMAND... starts a program which listens on the address, and waits until it does.
start_at() {
	local name=$1 address=$2
	shift 2
	require_free "$name" "$address" "BFF_${name%-*}_ADDR"
	start "$name" "$@"
	await "$name" listening "$address"
}

require_free() {
	local port=${2##*:} variable=${3^^}
	! port_taken "$port" ||
		quit "port $port for $1 is taken by $(port_owner "$port"): stop that, or choose another address with $variable"
}

# await NAME CONDITION... waits until the condition holds; a program that ends before has failed.
await() {
	local name=$1 began=$SECONDS
	shift
	until "$@"; do
		[ -z "$STOPPING" ] || exit 130
		if ! alive "${PIDS[$name]}"; then
			await_end "$name"
			quit "$name ended while starting, exit code $CODE"
		fi
		((SECONDS - began < PATIENCE)) || quit "$name is not $1 after $PATIENCE s"
		pause
	done
	say "$name is $1"
}

listening() {
	port_taken "${1##*:}"
}

ready() {
	local first='' address
	address=$(reachable "$BFF_ADMIN_ADDR")
	read -r first < <(ask "${address##*:}" "GET /readyz HTTP/1.0\r\nHost: $address\r\n\r\n" 64) || true
	[[ $first == HTTP/*' 200 '* ]]
}

# pause sleeps for a moment; without "wait" bash would handle a signal only after the sleep.
pause() {
	sleep 0.1 &
	wait $! 2>/dev/null || true
}

# await_end NAME leaves the exit code of a program in CODE; a subshell could not ask for it.
await_end() {
	CODE=0
	wait "${PIDS[$1]}" 2>/dev/null || CODE=$?
	unset "PIDS[$1]"
}

# watch_over tells of programs that end, and ends with the last one or with a signal. It does not stop the others:
# killing a backend to see what happens is what one runs two of them for.
watch_over() {
	local name
	while [ ${#PIDS[@]} -gt 0 ]; do
		[ -z "$STOPPING" ] || exit 0
		for name in "${!PIDS[@]}"; do
			alive "${PIDS[$name]}" && continue
			await_end "$name"
			say "$name ended, exit code $CODE"
		done
		pause
	done
	quit "no program is left"
}

stop_all() {
	local i name pid began
	trap '' INT TERM HUP
	for ((i = ${#NAMES[@]} - 1; i >= 0; i--)); do
		name=${NAMES[i]}
		pid=${PIDS[$name]:-}
		if [ -z "$pid" ] || ! alive "$pid"; then continue; fi

		say "stopping $name"
		signal "$pid" TERM
		signal "$pid" CONT
		began=$SECONDS
		while alive "$pid"; do
			if ((SECONDS - began >= PATIENCE)); then
				say "$name has not ended for $PATIENCE s: killing it"
				signal "$pid" KILL
			fi
			sleep 0.05
		done
	done
	wait "${PREFIXERS[@]}" 2>/dev/null || true # the programs' last lines
}

# two_further ADDRESS is the address of the second instance: userd has the even ports, postd the odd ones.
two_further() {
	echo "${1%:*}:$((${1##*:} + 2))"
}

# reachable ADDRESS turns an address to listen on into one to connect to.
reachable() {
	local host=${1%:*}
	case $host in '' | 0.0.0.0 | '[::]') host=127.0.0.1 ;; esac
	echo "$host:${1##*:}"
}

main "$@"
