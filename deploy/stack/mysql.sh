# shellcheck shell=bash
# MariaDB in MySQL's place: the same protocol, and the one that Debian has.

mysql_ports() {
	echo BFF_STACK_MYSQL_PORT 3306
}

mysql_packages() {
	package_unless mariadbd mariadb-server-core
	package_unless mariadb-install-db mariadb-server-core
	package_unless mariadb mariadb-client-core
}

mysql_install() {
	:
}

mysql_program() {
	echo mariadbd
}

# It runs as whoever runs this script. Root must say so by name; the usual user "mysql" could not even reach a
# checkout below a folder that only root may enter.
mysql_start() {
	local folder=$1 user=()
	[ "$(id -u)" -ne 0 ] || user=(--user=root)

	[ -d "$folder/data" ] || mysql_create "$folder" "${user[@]}"
	echo 'CREATE DATABASE IF NOT EXISTS bff CHARACTER SET utf8mb4;' >"$folder/init.sql"

	# A relative socket lies in the data folder however long the path is; a full name may have 107 characters.
	launch mysql "$(program_path mariadbd)" --no-defaults "${user[@]}" \
		--bind-address=127.0.0.1 --port="$(port mysql BFF_STACK_MYSQL_PORT)" --skip-name-resolve --max-connections=300 \
		--datadir="$folder/data" --socket=mariadbd.sock --pid-file=mariadbd.pid --init-file="$folder/init.sql" \
		--general-log=0 --general-log-file="$folder/general.log" \
		--character-set-server=utf8mb4 --performance-schema=0 \
		--innodb-buffer-pool-size=64M --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=2
}

# The data folder gets its name only when it is whole, so an interrupted first start begins anew.
mysql_create() {
	local folder=$1
	shift
	rm -rf "$folder/data.partial"
	"$(program_path mariadb-install-db)" --no-defaults "$@" --datadir="$folder/data.partial" \
		--auth-root-authentication-method=normal --skip-test-db >"$folder/log" 2>&1 </dev/null ||
		fail mysql "could not make its data folder"
	mv "$folder/data.partial" "$folder/data"
}

mysql_answers() {
	timeout 3 mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P "$(port mysql BFF_STACK_MYSQL_PORT)" -u root \
		-e 'SELECT 1' bff >/dev/null 2>&1
}

mysql_address() {
	echo "mysql://root@127.0.0.1:$(port mysql BFF_STACK_MYSQL_PORT)/bff"
}

mysql_variable() {
	echo DATABASE
}
