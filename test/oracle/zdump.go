// Test oracle: dumps what the linker decided. Built into a copy of cmd/link by build.sh.
package ld

import (
	"bufio"
	"cmd/internal/objabi"
	"cmd/link/internal/loader"
	"cmd/link/internal/sym"
	"fmt"
	"os"
	"strings"
)

// dumpOracle writes one line per reachable symbol (and optionally its relocations)
// after final addresses are assigned, before DWARF compression.
func (ctxt *Link) dumpOracle(pcln *pclntab) {
	name := os.Getenv("GOLINK_DUMP")
	if name == "" {
		return
	}
	f, err := os.Create(name)
	if err != nil {
		Exitf("%v", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	ldr := ctxt.loader
	for _, seg := range []*sym.Segment{&Segtext, &Segrodata, &Segrelrodata, &Segdata, &Segdwarf, &Segpdata, &Segxdata} {
		for _, s := range seg.Sections {
			fmt.Fprintf(w, "T\t%x\t%x\t%x\t%x\t%s\n", s.Vaddr, s.Length, seg.Vaddr, seg.Fileoff, s.Name)
		}
	}
	for i, l := range ctxt.Library {
		fmt.Fprintf(w, "L\t%d\t%s\n", i, l.Pkg)
	}
	pc := make(map[loader.Sym]byte)
	var pcd []loader.Sym
	var fd []loader.Sym
	for _, s := range ctxt.Textp {
		fi := ldr.FuncInfo(s)
		if !fi.Valid() {
			continue
		}
		fi.Preload()
		var a, b, c, d loader.Sym
		a, b, c, d, pcd = ldr.PcdataAuxs(s, pcd)
		for _, x := range append([]loader.Sym{a, b, c, d}, pcd...) {
			if x != 0 {
				pc[x] = 'P'
			}
		}
		fmt.Fprintf(w, "P\t%d\t%d %d %d %d", s, a, b, c, d)
		for _, x := range pcd {
			fmt.Fprintf(w, " %d", x)
		}
		fd = ldr.Funcdata(s, fd[:0])
		fmt.Fprintf(w, "\t")
		for _, x := range fd {
			fmt.Fprintf(w, "%d ", x)
			if x != 0 {
				pc[x] = 'F'
			}
		}
		fmt.Fprintf(w, "\t%d\n", fi.NumInlTree())
	}
	n := loader.Sym(ldr.NSym())
	full := os.Getenv("GOLINK_DUMP_RELOCS") != ""
	for s := loader.Sym(1); s < n; s++ {
		if !ldr.AttrReachable(s) && pc[s] == 0 && !(full && strings.HasSuffix(ldr.SymName(s), "..inittask")) {
			continue
		}
		pkg, unit := ldr.SymPkg(s), ""
		if u := ldr.SymUnit(s); u != nil && u.Lib != nil {
			unit = u.Lib.Pkg
		}
		if unit == pkg {
			unit = ""
		}
		sect := "-"
		if ss := ldr.SymSect(s); ss != nil {
			sect = ss.Name
		}
		if sect == "-" && strings.HasPrefix(ldr.SymType(s).String(), "STEXT") {
			sect = ".text"
		}
		fl := []byte("-----")
		if pc[s] != 0 {
			fl[0] = pc[s]
		}
		if ldr.AttrSpecial(s) {
			fl[1] = 'S'
		}
		if ldr.AttrUsedInIface(s) {
			fl[2] = 'I'
		}
		if ldr.IsReflectMethod(s) {
			fl[3] = 'R'
		}
		if ldr.OuterSym(s) != 0 {
			fl[4] = 'O'
		}
		fmt.Fprintf(w, "S\t%d\t%s\t%x\t%x\t%s\t%s\t%s\t%s\t%d\t%s\n", s, ldr.SymType(s), ldr.SymValue(s), ldr.SymSize(s), sect, fl, pkg, unit, ldr.SymVersion(s), ldr.SymName(s))
		if full && ldr.SymType(s) < sym.SDWARFSECT {
			rs := ldr.Relocs(s)
			if c := rs.Count(); c > 0 {
				fmt.Fprintf(w, "R\t%d", s)
				for i := 0; i < c; i++ {
					r := rs.At(i)
					wk := ""
					if r.Weak() {
						wk = "w"
					}
					if r.Type() == objabi.R_USENAMEDMETHOD {
						wk = ":" + ldr.DataString(r.Sym())
					}
					fmt.Fprintf(w, "\t%d:%d:%d:%d%s", r.Off(), r.Sym(), r.Add(), r.Type(), wk)
				}
				fmt.Fprintf(w, "\n")
			}
		}
	}
	fmt.Fprintf(w, "X\t%x\t%x\t%x\t%x\t%x\t%x\n", ldr.SymValue(pcln.pcheader), ldr.SymValue(pcln.funcnametab), ldr.SymValue(pcln.cutab), ldr.SymValue(pcln.filetab), ldr.SymValue(pcln.pctab), ldr.SymValue(pcln.funcdata))
	w.Flush()
	f.Close()
}
