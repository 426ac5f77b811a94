# shellcheck shell=bash
# Debian packages. The servers ask only for packages which hold programs and no service (redis-tools, not
# redis-server), so that installing them starts nothing and touches no server the machine already runs.

# install_packages NAME... installs the named packages; none named is fine.
install_packages() {
	[ $# -gt 0 ] || return 0

	local packages as_root=()
	packages=$(printf '%s\n' "$@" | sort -u | xargs)
	if ! command -v apt-get >/dev/null; then
		die "missing: $packages (names of Debian packages), and there is no apt-get: install them by other means; the servers also run in Docker, by deploy/compose.yaml"
	fi
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "missing: $packages, and there is no sudo; as root: apt-get install $packages"
		as_root=(sudo)
	fi

	local log=$STACK_DIR/install.log
	echo "installing: $packages"
	"${as_root[@]}" apt-get -q -q -o DPkg::Lock::Timeout=600 update >"$log" 2>&1 </dev/null ||
		echo "stack: apt-get update failed, trying with the lists at hand" >&2
	# --no-remove: on a machine with MySQL, apt would otherwise replace it by MariaDB without a question.
	# shellcheck disable=SC2086 # a list of names
	if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -q -o DPkg::Lock::Timeout=600 \
		install -y --no-install-recommends --no-remove $packages >>"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		die "apt-get could not install: $packages"
	fi
}

# package_unless PATH PACKAGE prints the package unless the file, or the program of that name, is here.
package_unless() {
	if [[ $1 == /* ]]; then
		[ -e "$1" ] || echo "$2"
	else
		program_path "$1" >/dev/null || echo "$2"
	fi
}

# program_path NAME: like "command -v", but also where Debian keeps servers and an ordinary PATH does not look.
program_path() {
	PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1"
}
