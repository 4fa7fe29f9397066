#!/bin/sh
# Builds the Go linker of the current toolchain with the symbol dump of zdump.go added, without touching GOROOT.
# usage: build.sh OUTDIR    then:
#   GOLINK_DUMP=syms.tsv [GOLINK_DUMP_RELOCS=1] go build -toolexec=OUTDIR/toolexec.sh -o prog ./cmd/prog
# Remove prog first: go skips the link when it is up to date. The program is byte-identical to an ordinary build.
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
ld=$(go env GOROOT)/src/cmd/link/internal/ld
# the hook: one call after final addresses are assigned and before DWARF is compressed
awk '/bench.Start\("dwarfcompress"\)/ && !done { print "\tctxt.dumpOracle(pclnState)"; done = 1 } { print }' "$ld/main.go" > "$out/main.go"
grep -q dumpOracle "$out/main.go" || { echo "build.sh: no place for the hook in this Go version's cmd/link" >&2; exit 1; }
# funcdata became a table of its own in Go 1.26
if grep -q 'funcdata  *loader.Sym' "$ld/pcln.go"; then
	cp "$here/zdump.go" "$out/zdump.go"
else
	sed 's/ldr.SymValue(pcln.funcdata)/0/' "$here/zdump.go" > "$out/zdump.go"
fi
printf '{"Replace":{"%s/main.go":"%s/main.go","%s/zdump.go":"%s/zdump.go"}}\n' "$ld" "$out" "$ld" "$out" > "$out/overlay.json"
# the go command overlays nothing in GOMODCACHE, where a downloaded toolchain lies: let it believe that is elsewhere
GOMODCACHE=$out/mod go build -overlay "$out/overlay.json" -o "$out/link" cmd/link
cat > "$out/toolexec.sh" <<SH
#!/bin/sh
case "\$1" in
*/link) shift; exec "$out/link" "\$@" ;;
*) exec "\$@" ;;
esac
SH
chmod +x "$out/toolexec.sh"
