#!/bin/sh
# Brings what make test-clients needs: Node with npm, and into the folder CLIENTS the libraries, in the versions and with
# the checksums that node/package-lock.json pins.
set -eu
cd "$(dirname "$0")"

# Older ones have no fetch that shows cookies.
fits() {
	command -v npm >/dev/null && command -v node >/dev/null &&
		node -e 'process.exit(globalThis.Headers && Headers.prototype.getSetCookie ? 0 : 1)'
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_node() {
	command -v apt-get >/dev/null || return 1
	as_root true 2>/dev/null || return 1
	echo 'test-clients: installing Node and npm with apt-get'
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends nodejs npm >/dev/null
}

if ! fits && ! { install_node && fits; }; then
	echo 'test-clients: needs Node 18.14.1 or newer, with npm; on Debian: apt-get install nodejs npm' >&2
	exit 1
fi

if [ ! -d "$CLIENTS" ]; then
	echo 'test-clients: installing the libraries, once for these versions'
	fresh="$CLIENTS.$$"
	trap 'rm -rf "$fresh"' EXIT
	trap 'exit 130' INT TERM
	mkdir -p "$fresh"
	cp node/.npmrc node/package.json node/package-lock.json "$fresh"
	(cd "$fresh" && npm ci --no-progress --loglevel=error)
	mv "$fresh" "$CLIENTS"
fi

perl -McPanel::PublicAPI -e1 2>/dev/null ||
	echo 'test-clients: without the Perl module cPanel::PublicAPI, which CPAN has, its two scenarios are skipped'
