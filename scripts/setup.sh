#!/bin/sh
# Puts the programs in place that the tests run beside Go and Node. On Debian as root it installs what is missing;
# elsewhere it names it. Exit 0: all there. Exit 1: something is missing (the tests that need it skip, under CI they fail).
set -eu

# program:package
wanted="upx:upx-ucl chromium:chromium readelf:binutils objdump:binutils gcc:gcc xz:xz-utils zstd:zstd time:time debuginfod-find:debuginfod wasm-opt:binaryen nginx:nginx-light"

missing_packages() {
	for pair in $wanted; do
		command -v "${pair%%:*}" >/dev/null 2>&1 || echo "${pair#*:}"
	done | sort -u
}

# UPX left Debian 12 and came back through backports: the same mirror that the machine uses, one more suite.
add_backports() {
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[ "$codename" = bookworm ] || return 0
	grep -qrs "bookworm-backports" /etc/apt/sources.list /etc/apt/sources.list.d && return 0
	mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
		awk '/^URIs:/ && $2 !~ /security/ { uri = $2 } /^Suites:/ && $2 == "bookworm" { print uri; exit } /^deb / && $3 == "bookworm" { print $2; exit }')
	[ -n "$mirror" ] || return 0
	printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
		"$mirror" >/etc/apt/sources.list.d/bookworm-backports.sources
}

packages=$(missing_packages)
[ -n "$packages" ] || exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
	echo "setup: installing" $packages >&2
	export DEBIAN_FRONTEND=noninteractive
	case $packages in *upx-ucl*) add_backports ;; esac
	apt-get -qq update >&2 || echo "setup: some package lists could not be refreshed" >&2
	for package in $packages; do
		apt-get -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 ||
			echo "setup: $package could not be installed" >&2
	done
fi

packages=$(missing_packages)
[ -n "$packages" ] || exit 0
echo "setup: missing, please install:" $packages >&2
exit 1
