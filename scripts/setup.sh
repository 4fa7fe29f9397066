#!/bin/sh
# Puts the programs in place that the tests run beside Go and Node. On Debian as root it installs what is missing;
# elsewhere it names it. What Debian does not have goes into a directory of the user's cache, which test/tools.ts knows too.
# Exit 0: all there. Exit 1: something is missing (the tests that need it skip, under CI they fail).
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

install_packages() {
	[ -n "$1" ] && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ] || return 0
	echo "setup: installing $1" >&2
	export DEBIAN_FRONTEND=noninteractive
	case $1 in *upx-ucl*) add_backports ;; esac
	apt-get -qq update >&2 || echo "setup: some package lists could not be refreshed" >&2
	for package in $1; do
		apt-get -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 ||
			echo "setup: $package could not be installed" >&2
	done
}

tools=${XDG_CACHE_HOME:-$HOME/.cache}/pare-test-tools

# S3 for the tests of the remote cache.
moto=5.2.1
add_moto() {
	echo "setup: installing moto $moto" >&2
	python3 -c "import ensurepip" 2>/dev/null || install_packages python3-venv
	rm -rf "$tools/moto-$moto"
	{ python3 -m venv "$tools/moto-$moto" && "$tools/moto-$moto/bin/pip" install -q "moto[server]==$moto"; } >&2 || rm -rf "$tools/moto-$moto"
}
has_moto() { command -v moto_server >/dev/null 2>&1 || [ -x "$tools/moto-$moto/bin/moto_server" ]; }

# Linux packages of releases. Two to three minutes of a processor, once.
nfpm=v2.45.0
add_nfpm() {
	echo "setup: compiling nfpm $nfpm" >&2
	GOFLAGS='' GOBIN=$tools/nfpm-$nfpm CGO_ENABLED=0 go install "github.com/goreleaser/nfpm/v2/cmd/nfpm@$nfpm" >&2 || true
}
has_nfpm() { command -v nfpm >/dev/null 2>&1 || [ -x "$tools/nfpm-$nfpm/nfpm" ]; }

install_packages "$(missing_packages | tr '\n' ' ')"
has_moto || add_moto
has_nfpm || add_nfpm

missing=$(missing_packages | tr '\n' ' ')
has_moto || missing="$missing moto[server]==$moto"
has_nfpm || missing="$missing nfpm"
[ -n "$missing" ] || exit 0
echo "setup: missing, please install: $missing" >&2
exit 1
