#!/usr/bin/env bash
# Runs the real ZooKeeper, Redis, MariaDB and Kafka on this machine, without Docker.
#
# Every server is one file in stack/ with the same eight functions:
#
#   NAME_ports     the ports it listens on, one "VARIABLE DEFAULT" per line; the first is for clients
#   NAME_packages  the Debian packages which are still missing, one per line
#   NAME_install   whatever no Debian package brings
#   NAME_program   the name of its process
#   NAME_start     writes its configuration and launches it; $1 is its folder
#   NAME_answers   asks it one real question; the exit code says whether it answered
#   NAME_address   its address for clients
#   NAME_variable  what the tests' variable with that address is called after BFF_TEST_
#
# The loops over the four are here, and only here.
set -euo pipefail

DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STACK_DIR=$(realpath -m "${BFF_STACK_DIR:-$DEPLOY/../var/stack}")
CACHE_DIR=$(realpath -m "${BFF_STACK_CACHE:-$DEPLOY/../var/cache}")
PATIENCE=${BFF_STACK_PATIENCE:-60} # seconds to wait for an answer
SERVERS=(zookeeper redis mysql kafka)

# shellcheck source=stack/ports.sh
source "$DEPLOY/stack/ports.sh"
# shellcheck source=stack/process.sh
source "$DEPLOY/stack/process.sh"
# shellcheck source=stack/packages.sh
source "$DEPLOY/stack/packages.sh"
# shellcheck source=stack/java.sh
source "$DEPLOY/stack/java.sh"
# shellcheck source=stack/zookeeper.sh
source "$DEPLOY/stack/zookeeper.sh"
# shellcheck source=stack/redis.sh
source "$DEPLOY/stack/redis.sh"
# shellcheck source=stack/mysql.sh
source "$DEPLOY/stack/mysql.sh"
# shellcheck source=stack/kafka.sh
source "$DEPLOY/stack/kafka.sh"

usage() {
	cat <<-'USAGE'
		usage: deploy/stack.sh COMMAND

		  install          fetch what is missing: Debian packages, Kafka's jars
		  up               start all servers and wait until each of them answers
		  down [--wipe]    stop what this stack started; --wipe removes its data, too
		  status           one line per server; exit code 1 unless all of them answer
		  env              export lines for the integration tests
		  start-one NAME   the same for one of: zookeeper redis mysql kafka
		  stop-one NAME
		  wipe-one NAME    stop it and remove its data

		environment: BFF_STACK_DIR, BFF_STACK_CACHE, BFF_STACK_PATIENCE and BFF_STACK_*_PORT, see deploy/README.md
	USAGE
}

main() {
	local command=${1:-}
	[ $# -eq 0 ] || shift

	case $command in
	install) locked install "${SERVERS[@]}" ;;
	up) locked up "${SERVERS[@]}" ;;
	down) down "$@" ;;
	status) status ;;
	env) print_env ;;
	start-one) one up "$@" ;;
	stop-one) one stop "$@" ;;
	wipe-one) one wipe "$@" ;;
	help | -h | --help) usage ;;
	*)
		usage >&2
		exit 2
		;;
	esac
}

die() {
	echo "stack: $*" >&2
	exit 1
}

# locked FUNCTION NAME... lets one command at a time change this stack.
locked() {
	local lock
	mkdir -p "$STACK_DIR"
	exec {lock}>"$STACK_DIR/lock"
	flock -w 600 "$lock" || die "another stack.sh has been working on $STACK_DIR for ten minutes"
	"$@"
}

one() {
	local function=$1 name=${2:-}
	[[ " ${SERVERS[*]} " == *" $name "* ]] || die "name one of: ${SERVERS[*]}"
	locked "$function" "$name"
}

down() {
	case ${1:-} in
	'') locked stop "${SERVERS[@]}" ;;
	--wipe)
		locked wipe "${SERVERS[@]}"
		rm -f "$STACK_DIR/lock" "$STACK_DIR/install.log"
		rmdir --ignore-fail-on-non-empty "$STACK_DIR"
		;;
	*) die "down knows only --wipe" ;;
	esac
}

install() {
	local name packages=()

	for name; do
		mapfile -t -O "${#packages[@]}" packages < <("${name}_packages")
	done
	install_packages "${packages[@]}"

	for name; do "${name}_install"; done
}

up() {
	local name started=()

	for name; do
		claim_folder "$name"
		running "$name" || started+=("$name")
	done

	# Every port is looked at before anything starts: all or nothing.
	for name; do check_ports "$name"; done

	[ ${#started[@]} -eq 0 ] || install "${started[@]}"
	for name in "${started[@]}"; do start "$name"; done

	for name; do
		await_answer "$name" && continue
		# A server killed a moment ago may still have been there at the first look; it deserves a start.
		[[ " ${started[*]} " != *" $name "* ]] || fail "$name" "ended while starting"
		start "$name"
		await_answer "$name" || fail "$name" "ended while starting"
	done
}

start() {
	record_ports "$1"
	"$1_start" "$STACK_DIR/$1"
}

stop() {
	local name i
	for ((i = $#; i > 0; i--)); do
		name=${!i}
		stop_process "$name"
		rm -f "$STACK_DIR/$name/ports"
	done
}

wipe() {
	local name
	stop "$@"
	for name; do
		[ -e "$STACK_DIR/$name" ] || continue
		claim_folder "$name"
		rm -rf "${STACK_DIR:?}/$name"
		echo "$name: data removed"
	done
}

status() {
	local name state all=0
	for name in "${SERVERS[@]}"; do
		if ! running "$name"; then
			state="stopped" all=1
		elif ! "${name}_answers"; then
			state="running, no answer, pid $(<"$STACK_DIR/$name/pid")" all=1
		else
			state="answers, pid $(<"$STACK_DIR/$name/pid")"
		fi
		printf '%-10s %-28s %s\n' "$name" "$("${name}_address")" "$state"
	done
	return "$all"
}

print_env() {
	local name
	for name in "${SERVERS[@]}"; do
		printf 'export BFF_TEST_%s=%s\n' "$("${name}_variable")" "$("${name}_address")"
	done
}

# claim_folder NAME makes the server's folder, or refuses one which is not ours:
# with BFF_STACK_DIR=/var/lib this stack must not fall upon the system's own data.
claim_folder() {
	local folder=$STACK_DIR/$1
	[ ! -e "$folder/.bff-stack" ] || return 0
	if [ -e "$folder" ] && [ -n "$(ls -A "$folder")" ]; then
		die "$folder exists and was not made by stack.sh: choose another BFF_STACK_DIR"
	fi
	mkdir -p "$folder"
	touch "$folder/.bff-stack"
}

# check_ports NAME: a stopped server needs its ports free, a running one must have the ports we are asked for.
check_ports() {
	local name=$1 variable default port recorded
	while read -r variable default; do
		port=${!variable:-$default}
		if running "$name"; then
			recorded=$(port "$name" "$variable")
			[ -z "${!variable:-}" ] || [ "$recorded" = "$port" ] ||
				die "$name of this stack runs on port $recorded, but $variable is $port: stop it first, or choose another BFF_STACK_DIR"
		elif ! port_free "$name" "$port"; then
			die "port $port for $name is taken by $(port_owner "$port"): stop that, or choose another port with $variable"
		fi
	done < <("${name}_ports")
}

# port_free NAME PORT. A killed process keeps its ports until its last thread is gone, so a server that left its pid
# file behind gets two seconds for that.
port_free() {
	local tries=20
	[ -e "$STACK_DIR/$1/pid" ] || tries=0
	while port_taken "$2"; do
		((tries-- > 0)) || return 1
		sleep 0.1
	done
}

# await_answer NAME waits for the first answer; exit code 1 says that the process ended.
await_answer() {
	local name=$1 began=$SECONDS pid
	pid=$(<"$STACK_DIR/$name/pid")
	until "${name}_answers"; do
		alive "$pid" || return 1
		((SECONDS - began < PATIENCE)) || fail "$name" "runs (pid $pid) but has not answered for $PATIENCE s"
		sleep 0.1
	done
	echo "$name: answers at $("${name}_address")"
}

fail() {
	local log=$STACK_DIR/$1/log
	echo "stack: $1 $2; the end of $log:" >&2
	tail -n 30 "$log" | sed "s/^/$1 | /" >&2
	exit 1
}

main "$@"
