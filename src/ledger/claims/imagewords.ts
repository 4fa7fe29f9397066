// Words of a loaded image, one after the other, wherever they stand.
import { joined, word } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";

/** The region of the last hit is tried first. */
export class ImageWords {
  private readonly exe: Executable;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private low = 1;
  private high = 0;

  constructor(exe: Executable) {
    this.exe = exe;
  }

  /** The pointer-sized word at an RVA as an RVA; −1 outside the file's bytes. */
  pointer(rva: number): number {
    const v = this.word(rva);
    return v < 0 ? -1 : v - this.exe.imageBase;
  }

  /** The 64-bit integer at an RVA, whatever the size of pointers. */
  int64(rva: number): number {
    if (this.exe.ptrSize === 8) return this.word(rva);
    const [low, high] = this.exe.littleEndian ? [rva, rva + 4] : [rva + 4, rva];
    return joined(this.word(high), this.word(low));
  }

  word(rva: number): number {
    const p = this.exe.ptrSize;
    if (rva < this.low || rva + p > this.high) {
      const r = regionAt(this.exe.regions, rva);
      if (!r || rva + p > r.rva + r.bytes.length) return -1;
      this.view = new DataView(r.bytes.buffer, r.bytes.byteOffset, r.bytes.byteLength);
      this.low = r.rva;
      this.high = r.rva + r.bytes.length;
    }
    return word(this.view, rva - this.low, p, this.exe.littleEndian);
  }
}
