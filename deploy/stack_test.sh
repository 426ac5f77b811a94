#!/usr/bin/env bash
# Tests stack.sh with real servers in a folder and on ports of its own, beside a running stack if there is one.
# It takes about a minute, plus the installation if something is missing.
set -euo pipefail

STACK=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/stack.sh
SCRATCH=$(mktemp -d) # mktemp makes it 0700: no other user may enter, as below many a home folder
FIRST=$SCRATCH/first SECOND=$SCRATCH/second
export BFF_STACK_DIR=$FIRST
export BFF_STACK_ZOOKEEPER_PORT=22181 BFF_STACK_MYSQL_PORT=23306 BFF_STACK_REDIS_PORT=26379
export BFF_STACK_KAFKA_PORT=29092 BFF_STACK_KAFKA_CONTROLLER_PORT=29093

cleanup() {
	BFF_STACK_DIR=$FIRST "$STACK" down --wipe >/dev/null || true
	BFF_STACK_DIR=$SECOND "$STACK" down --wipe >/dev/null || true
	rm -rf "$SCRATCH"
}
trap cleanup EXIT

fatal() {
	echo "FAIL: $*" >&2
	exit 1
}

# check WHAT COMMAND... runs the command, keeps its output in OUT, and wants success.
check() {
	local what=$1 began=${EPOCHREALTIME/[.,]/}
	shift
	OUT=$("$@" 2>&1) || fatal "$what: exit code $?: $OUT"
	TOOK=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	printf 'ok    %6d ms  %s\n' "$TOOK" "$what"
}

# refuse WHAT COMMAND... wants failure.
refuse() {
	local what=$1
	shift
	if OUT=$("$@" 2>&1); then fatal "$what: succeeded: $OUT"; fi
	printf 'ok    refused    %s\n' "$what"
}

has() {
	[[ $OUT == *"$1"* ]] || fatal "expected \"$1\" in: $OUT"
}

under_ms() {
	((TOOK < $1)) || fatal "took $TOOK ms, more than $1"
}

pid_of() {
	cat "$BFF_STACK_DIR/$1/pid"
}

sql() {
	mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P "$BFF_STACK_MYSQL_PORT" -u root bff -N -e "$1"
}

in_second() {
	BFF_STACK_DIR=$SECOND "$STACK" "$@"
}

# Starting. The pipe would never end if a server had inherited it.
check "install" "$STACK" install
check "up on an empty folder, through a pipe" bash -c "'$STACK' up | cat"
has "kafka: answers at 127.0.0.1:29092"
check "up again is quick" "$STACK" up
under_ms 2000
check "status" "$STACK" status
[ "$(grep -c 'answers, pid' <<<"$OUT")" -eq 4 ] || fatal "four answers expected: $OUT"
check "env" "$STACK" env
has "export BFF_TEST_ZOOKEEPER=127.0.0.1:22181"
has "export BFF_TEST_DATABASE=mysql://root@127.0.0.1:23306/bff"
check "env without the variables of up: a running stack knows its ports" \
	env -u BFF_STACK_REDIS_PORT -u BFF_STACK_KAFKA_PORT "$STACK" env
has "export BFF_TEST_REDIS=127.0.0.1:26379"
has "export BFF_TEST_KAFKA=127.0.0.1:29092"

if command -v ss >/dev/null; then
	for name in zookeeper redis mysql kafka; do
		check "$name listens on 127.0.0.1 only" ss -Hltnp
		foreign=$(grep "pid=$(pid_of "$name")," <<<"$OUT" | grep -v ' 127\.0\.0\.1:[0-9]* ' || true)
		[ -z "$foreign" ] || fatal "$name also listens on $foreign"
	done
fi

check "the database takes tables" sql 'CREATE TABLE kept (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO kept VALUES (42)'
check "the general log can be switched on" sql 'SET GLOBAL general_log = 1; SET GLOBAL general_log = 0'

# Strangers: the second stack wants the ports of the first.
refuse "up on taken ports" in_second up
has "port 22181 for zookeeper is taken by java (pid $(pid_of zookeeper))"
has "BFF_STACK_ZOOKEEPER_PORT"
[ -z "$(find "$SECOND" -name pid)" ] || fatal "the second stack started something"
refuse "start-one on a taken port" in_second start-one redis
has "port 26379 for redis is taken by redis-server (pid $(pid_of redis))"
refuse "another port for a running server" env BFF_STACK_REDIS_PORT=26380 "$STACK" up
has "redis of this stack runs on port 26379"
mkdir -p "$SCRATCH/foreign/redis"
touch "$SCRATCH/foreign/redis/dump.rdb"
refuse "a folder that is not ours" env BFF_STACK_DIR="$SCRATCH/foreign" "$STACK" wipe-one redis
[ -e "$SCRATCH/foreign/redis/dump.rdb" ] || fatal "wiped a foreign folder"
refuse "an unknown name" "$STACK" stop-one rabbit
check "two stacks side by side" env BFF_STACK_REDIS_PORT=26380 BFF_STACK_DIR="$SECOND" "$STACK" start-one redis
check "the second one ends alone" in_second down --wipe
[ ! -e "$SECOND" ] || fatal "$SECOND is still there"
check "the first one has noticed nothing" "$STACK" status

# A pid file that survived its process, and whose number now belongs to somebody else.
check "stop-one" "$STACK" stop-one redis
refuse "status with one stopped" "$STACK" status
has "stopped"
sleep 60 &
stranger=$!
echo "$stranger" >"$FIRST/redis/pid"
check "stop-one with a stranger's pid" "$STACK" stop-one redis
kill -0 "$stranger" || fatal "the stranger was stopped"
kill "$stranger"
check "start-one" "$STACK" start-one redis

# Crashes.
before=$(pid_of zookeeper)
kill -KILL "$(pid_of mysql)" "$(pid_of redis)"
check "up after kill -9 of two" "$STACK" up
[ "$(pid_of zookeeper)" = "$before" ] || fatal "zookeeper was restarted, too"
check "rows survive" sql 'SELECT id FROM kept'
has 42
kill -KILL "$(pid_of kafka)"
check "up at once after kill -9 of kafka" "$STACK" up
kill -STOP "$(pid_of mysql)"
refuse "status with one frozen" "$STACK" status
has "running, no answer"
check "stop-one of a frozen server" "$STACK" stop-one mysql

# A server that cannot start: its log is shown.
mv "$FIRST/mysql/data/ibdata1" "$FIRST/mysql/ibdata1"
mkdir "$FIRST/mysql/data/ibdata1"
refuse "start-one of a broken server" "$STACK" start-one mysql
has "ended while starting"
has "mysql | "
rmdir "$FIRST/mysql/data/ibdata1"
mv "$FIRST/mysql/ibdata1" "$FIRST/mysql/data/ibdata1"

# Stopping.
check "wipe-one" "$STACK" wipe-one zookeeper
[ ! -e "$FIRST/zookeeper" ] || fatal "zookeeper's folder is still there"
check "down" "$STACK" down
check "down again" "$STACK" down
[ -z "$OUT" ] || fatal "the second down said: $OUT"
check "data is still there, on other ports" env BFF_STACK_MYSQL_PORT=23307 "$STACK" start-one mysql
BFF_STACK_MYSQL_PORT=23307 check "rows are still there" sql 'SELECT id FROM kept'
has 42
check "Kafka moves to other ports, too" \
	env BFF_STACK_KAFKA_PORT=29192 BFF_STACK_KAFKA_CONTROLLER_PORT=29193 "$STACK" start-one kafka
check "down --wipe" "$STACK" down --wipe
[ ! -e "$FIRST" ] || fatal "$FIRST is still there"

echo "PASS in $SECONDS s"
