# shellcheck shell=bash
# What the scripts share: speaking, failing with a reason, and installing what a fresh Debian machine lacks.
# Sourced by scripts that run under `set -euo pipefail`.

# say TEXT... writes one line to standard error, under the script's name.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# fail TEXT... says why and ends the script.
fail() {
	say "$*"
	exit 1
}

# have PROGRAM tells whether a program can be called.
have() { command -v "$1" >/dev/null 2>&1; }

# install_packages WHAT PACKAGE... installs Debian packages, as root or through a sudo that asks for no password.
# Where it may not, it fails with a sentence that names WHAT is missing and the packages that hold it. The services
# that packages bring are not started: a policy-rc.d forbids it for as long as the installation takes.
install_packages() {
	local what=$1 log
	shift
	local -a as_root=()
	if ! have apt-get; then
		fail "$what not found; install it (on Debian: $*) and run again"
	fi
	if ((EUID != 0)); then
		if ! have sudo || ! sudo -n true 2>/dev/null; then
			fail "$what not found; install it with: sudo apt-get install --no-install-recommends $*"
		fi
		as_root=(sudo -n)
	fi

	say "$what not found, installing $*"
	log=$(mktemp)
	(
		policy=/usr/sbin/policy-rc.d
		if [[ ! -e $policy ]]; then
			trap '${as_root[@]+"${as_root[@]}"} rm -f "$policy"' EXIT
			printf '#!/bin/sh\nexit 101\n' | ${as_root[@]+"${as_root[@]}"} tee "$policy" >/dev/null
			${as_root[@]+"${as_root[@]}"} chmod 0755 "$policy"
		fi
		apt=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive
			apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
		# Lists that are only partly refreshed are often enough; the installation itself decides.
		"${apt[@]}" update || say "the package lists could not all be refreshed"
		"${apt[@]}" install --yes --no-install-recommends "$@"
	) </dev/null >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		rm -f "$log"
		fail "could not install $*; install $what yourself and run again"
	}
	rm -f "$log"
}
