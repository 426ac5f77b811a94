# shellcheck shell=bash
# Starting, recognising and stopping the process of one server. Its folder holds "pid" and "log".

# launch NAME COMMAND... starts the command in a session of its own, so that it survives this shell and its
# terminal, with no descriptor of ours: an inherited pipe would keep "make stack-up | tee" waiting for ever.
launch() {
	local folder=$STACK_DIR/$1
	shift
	[ ! -e "$folder/log" ] || mv -f "$folder/log" "$folder/log.previous"
	(
		cd "$folder" || exit
		exec </dev/null >log 2>&1
		close_inherited
		exec setsid "$@"
	) &
	echo "$!" >"$folder/pid"
}

close_inherited() {
	local fd
	for fd in "/proc/$BASHPID/fd"/*; do
		fd=${fd##*/}
		# 255 is bash's own and closes itself.
		if ((fd > 2 && fd != 255)); then exec {fd}>&-; fi
	done
}

# alive PID: it exists and is no zombie; an orphan may stay one until init reaps it.
alive() {
	local stat
	read -r stat <"/proc/$1/stat" || return 1
	[[ ${stat##*) } != Z* ]]
} 2>/dev/null

# running NAME: the pid file's process is alive and really this server. After a crash or a reboot the number may
# belong to anybody, so the process must have the server's name and work in the server's folder.
running() {
	local folder=$STACK_DIR/$1 pid program
	read -r pid <"$folder/pid" || return 1
	alive "$pid" || return 1
	read -r program <"/proc/$pid/comm" || return 1
	[ "$program" = "$("$1_program")" ] || return 1
	[[ "$(readlink "/proc/$pid/cwd")/" == "$folder/"* ]]
} 2>/dev/null

# stop_process NAME asks politely, waits, and kills after 20 s.
stop_process() {
	local name=$1 file=$STACK_DIR/$1/pid pid began=$SECONDS
	if ! running "$name"; then
		rm -f "$file"
		return
	fi

	pid=$(<"$file")
	signal "$pid" TERM
	signal "$pid" CONT # a process frozen by a failure test cannot hear TERM
	while alive "$pid"; do
		if ((SECONDS - began >= 20)); then
			echo "stack: $name (pid $pid) has not ended for 20 s: killing it" >&2
			signal "$pid" KILL
			began=$SECONDS
		fi
		sleep 0.05
	done
	rm -f "$file"
	echo "$name: stopped"
}

# signal PID NAME; the process may have ended a moment ago.
signal() {
	kill "-$2" "$1" 2>/dev/null || true
}
