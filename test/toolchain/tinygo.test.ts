// What real TinyGo releases printed, as their users reported it; the issues are named.
import { describe, expect, it } from "vitest";
import { parseTinygoVersion, tinygoReason } from "../../src/toolchain/tinygo.ts";

const GOROOT = "/home/user/.cache/tinygo/goroot-18fe219864c1abce0632092c6bb93c7ada89c1c5d45131f776258a833c68f038/src";

/** Issue of tinygo-org/tinygo, or the repository's own → what was printed, and the line that is made of it. */
const RECORDED: readonly (readonly [issue: string, output: string, reason: string])[] = [
  [
    "4450",
    `../../../../pkg/mod/github.com/gin-gonic/gin@v1.10.0/recovery.go:15:2: package net/http/httputil is not in std (${GOROOT}/net/http/httputil)
../../../../pkg/mod/github.com/gogf/gf@v1.16.9/net/ghttp/ghttp_server_pprof.go:10:2: package net/http/pprof is not in std (${GOROOT}/net/http/pprof)
../../../../pkg/mod/github.com/gogf/gf@v1.16.9/net/ghttp/internal/client/client.go:22:2: package net/http/cookiejar is not in std (${GOROOT}/net/http/cookiejar)
../../../../pkg/mod/golang.org/x/net@v0.25.0/http2/transport.go:26:2: package net/http/httptrace is not in std (${GOROOT}/net/http/httptrace)`,
    "TinyGo has no package net/http/httputil, net/http/pprof and 2 more",
  ],
  [
    "3992",
    "# github.com/tiendc/go-deepcopy\n../../../go/pkg/mod/github.com/tiendc/go-deepcopy@v1.5.0/struct_copier.go:256:28: dM.IsExported undefined (type *reflect.Method has no field or method IsExported)",
    "TinyGo lacks reflect.Method.IsExported",
  ],
  [
    "syumai/workers-go 192",
    "# net/http\n/home/user/sdk/tinygo/src/net/http/roundtrip_js.go:73:12: t.roundTrip undefined (type *Transport has no field or method roundTrip, but does have method RoundTrip)",
    "TinyGo lacks Transport.roundTrip",
  ],
  [
    "2782",
    "# net/http\n/usr/local/Cellar/go/1.18/libexec/src/net/http/h2_bundle.go:7130:48: ErrDeadlineExceeded not declared by package os",
    "TinyGo lacks os.ErrDeadlineExceeded",
  ],
  [
    "3944",
    "tinygo:ld.lld: error: undefined symbol: crypto/subtle.xorBytes\n>>> referenced by xor.go:22 (/home/user/go/src/crypto/subtle/xor.go:22)\n>>>               /home/user/.cache/tinygo/thinlto/llvmcache-175C3A127B427402CAD826DA1277D681B2B45CD6:(crypto/subtle.XORBytes)",
    "TinyGo links no Go assembly: crypto/subtle.xorBytes is missing",
  ],
  [
    "3044",
    "# os/user\n../../../../opt/Cellar/go/1.17.2/libexec/src/os/user/cgo_lookup_unix.go:21:6: not implemented: build constraints in #cgo line\n../../../../opt/Cellar/go/1.17.2/libexec/src/os/user/cgo_lookup_unix.go:24:10: fatal: 'pwd.h' file not found\n../../../../opt/Cellar/go/1.17.2/libexec/src/os/user/getgrouplist_unix.go:15:10: fatal: 'grp.h' file not found",
    "C code needs pwd.h, grp.h",
  ],
  [
    "3044, without cgo",
    "# github.com/cespare/xxhash/v2\n../../pkg/mod/github.com/cespare/xxhash/v2@v2.1.1/xxhash_unsafe.go:32:11: cannot use len(s) (value of type int) as uintptr value in assignment",
    "TinyGo fails: ../../pkg/mod/github.com/cespare/xxhash/v2@v2.1.1/xxhash_unsafe.go:32:11: cannot use len(s) (value of type int) as uintptr value in assignment",
  ],
];

describe("TinyGo", () => {
  it.each(RECORDED)("issue %s", (_, output, reason) => {
    expect(tinygoReason(output)).toBe(reason);
  });

  it("says nothing at worst", () => {
    expect(tinygoReason("")).toBe("TinyGo fails: it does not say why");
  });

  it("tells its version", () => {
    const line = "tinygo version 0.41.1 linux/amd64 (using go version go1.24.8 and LLVM version 20.1.1)";
    expect(parseTinygoVersion(line)).toBe("0.41.1");
    expect(parseTinygoVersion("")).toBeUndefined();
  });
});
