# shellcheck shell=bash
# Redis: a cache, so it keeps nothing on disk and forgets the oldest when it is full.

redis_ports() {
	echo BFF_STACK_REDIS_PORT 6379
}

redis_packages() {
	package_unless redis-cli redis-tools
	program_path redis-server >/dev/null || package_unless redis-check-rdb redis-tools
}

# Debian's redis-tools holds the whole server under the name redis-check-rdb; the name it is called by decides
# what it does. The package redis-server adds a link and a system service, and we want only the link.
redis_install() {
	mkdir -p "$CACHE_DIR/bin"
	ln -sfn "$(program_path redis-server || program_path redis-check-rdb)" "$CACHE_DIR/bin/redis-server"
}

redis_program() {
	echo redis-server
}

redis_start() {
	launch redis "$CACHE_DIR/bin/redis-server" --bind 127.0.0.1 --port "$(port redis BFF_STACK_REDIS_PORT)" \
		--dir "$1" --save '' --appendonly no --maxmemory 128mb --maxmemory-policy allkeys-lru
}

redis_answers() {
	[ "$(timeout 2 redis-cli -h 127.0.0.1 -p "$(port redis BFF_STACK_REDIS_PORT)" ping 2>/dev/null)" = PONG ]
}

redis_address() {
	echo "127.0.0.1:$(port redis BFF_STACK_REDIS_PORT)"
}

redis_variable() {
	echo REDIS
}
