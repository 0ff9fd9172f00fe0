# shellcheck shell=bash
# Starting servers, running a command beside them, and ending everything whatever happens.
# Sourced, after common.sh, by scripts that run under `set -euo pipefail`.

readonly start_seconds=30 # a server that is not ready by then will not be
readonly stop_seconds=20  # a server that has not ended by then is killed

# free_port prints a port of the loopback address that nobody listens on. It is not held: who takes it must be ready
# to lose the race and ask again. The range lies below the one from which the kernel takes ports for outgoing
# connections.
free_port() {
	local port
	while :; do
		port=$((15000 + (RANDOM * 32768 + RANDOM) % 15000))
		if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

# alive PID tells whether a child of the script still runs.
alive() { kill -0 "$1" 2>/dev/null; }

# gone PID SECONDS waits until a child has ended; fails when it has not within the time.
gone() {
	local pid=$1 tries=$(($2 * 20))
	while alive "$pid"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

# become USER SIGNAL COMMAND... replaces the shell by a server that runs as USER (as now, when empty), that a Ctrl-C
# meant for the tests does not reach, and to which the kernel sends SIGNAL if this script is killed outright.
become() {
	local user=$1 signal=$2
	shift 2
	local -a wrap=()
	if [[ -n $user ]]; then
		wrap=(setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups --pdeathsig "$signal")
	elif setpriv --pdeathsig "$signal" true 2>/dev/null; then
		wrap=(setpriv --pdeathsig "$signal")
	fi
	have setsid && wrap=(setsid ${wrap[@]+"${wrap[@]}"})
	cd / # the current directory may be closed to USER
	exec ${wrap[@]+"${wrap[@]}"} "$@" </dev/null
}

# ready PID COMMAND... waits until COMMAND succeeds; fails as soon as the server PID has ended. Another's server on
# the same port could answer the command, so the server must still be alive after it.
ready() {
	local pid=$1 tries=$((start_seconds * 20))
	shift
	while ((tries-- > 0)); do
		alive "$pid" || return 1
		if "$@" >/dev/null 2>&1; then
			sleep 0.05
			alive "$pid"
			return
		fi
		sleep 0.05
	done
	return 1
}

# stop PID SIGNAL ends a server by a signal, and by KILL when that does not help.
stop() {
	[[ -n $1 ]] || return 0
	kill -"$2" "$1" 2>/dev/null || return 0
	gone "$1" "$stop_seconds" || kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

command_pid=
command_target=
signalled=

# trap_signals makes the signals that ask the script to end reach the command that `run` runs. What the script has
# to clean up belongs into a trap of EXIT.
trap_signals() {
	trap 'pass_on INT' INT
	trap 'pass_on TERM' TERM
	trap 'pass_on HUP' HUP
}

# pass_on SIGNAL hands a signal to the command; before there is one, it ends the script.
pass_on() {
	signalled=$1
	if [[ -z $command_pid ]]; then
		exit $((128 + $(kill -l "$1")))
	fi
	kill -"$1" -- "$command_target" 2>/dev/null || true
}

# run COMMAND... runs it and returns its exit code. It is not run in the foreground, because the shell would then
# heed a signal only after the command's end.
run() {
	local status
	# At a terminal the command shares the script's process group, so that it can read what is typed, and a Ctrl-C
	# reaches it directly. Elsewhere it leads a group, so that a signal reaches everything that it has started.
	[[ -t 0 ]] || set -m
	(
		trap - INT QUIT TERM HUP EXIT
		exec "$@"
	) <&0 &
	command_pid=$!
	command_target=$command_pid
	if [[ $- == *m* ]]; then
		command_target=-$command_pid
		set +m
	fi
	for ((;;)); do
		signalled=
		status=0
		wait "$command_pid" || status=$?
		if [[ -z $signalled ]] || ! alive "$command_pid"; then
			break
		fi
	done
	# A signal may have interrupted the wait although the command has ended: its own code counts.
	if [[ -n $signalled ]]; then
		status=0
		wait "$command_pid" || status=$?
	fi
	return "$status"
}

