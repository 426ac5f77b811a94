# shellcheck shell=bash
# Which port a server has, and who sits on a port.

# port NAME VARIABLE prints the port: the recorded one of a running server, else the variable's, else the default.
# A running server's record wins, so that "status" and "env" need not be given the variables of "up" again.
port() {
	local name=$1 wanted=$2 variable value
	if running "$name"; then
		while read -r variable value; do
			[ "$variable" != "$wanted" ] || { echo "$value" && return; }
		done <"$STACK_DIR/$name/ports"
	fi
	while read -r variable value; do
		[ "$variable" != "$wanted" ] || echo "${!variable:-$value}"
	done < <("${name}_ports")
}

record_ports() {
	local name=$1 variable default
	while read -r variable default; do
		echo "$variable ${!variable:-$default}"
	done < <("${name}_ports") >"$STACK_DIR/$name/ports"
}

# port_taken PORT: somebody accepts connections on 127.0.0.1:PORT.
port_taken() {
	# shellcheck disable=SC2016 # for the inner bash
	timeout 2 bash -c ': <>"/dev/tcp/127.0.0.1/$0"' "$1" 2>/dev/null
}

# port_owner PORT prints a process name and pid. The kernel shows them only for processes one may inspect.
port_owner() {
	local owner=''
	if command -v ss >/dev/null; then
		owner=$(ss -Hltnp "sport = :$1" | sed -nE 's/.*users:\(\("([^"]+)",pid=([0-9]+).*/\1 (pid \2)/p' | head -n 1)
	fi
	echo "${owner:-a process of another user (to see it: sudo ss -ltnp)}"
}

# ask PORT TEXT BYTES sends the text to 127.0.0.1:PORT, its backslash escapes as bytes, and prints what comes back
# until the other side closes or so many bytes are there.
ask() {
	# shellcheck disable=SC2016 # for the inner bash
	timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "%b" "$1" >&3 && head -c "$2" <&3' "$@" 2>/dev/null
}
