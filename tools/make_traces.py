#!/usr/bin/env python3
"""Writes the small Accel-Sim traces of traces/: run without arguments from anywhere, output is the same every time.

The instruction sequences are written by hand here in the manner of what a compiler emits for sm_80; nothing is
captured. Addresses, masks and loop trips follow from executing the kernels below lane by lane.
"""
import hashlib
import lzma
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent / "traces"
SHARED_BASE, LOCAL_BASE = 0x7F2002000000, 0x7F2000000000


def header(name, number, grid, block, shared, registers):
    return (f"-kernel name = {name}\n-kernel id = {number}\n-grid dim = ({grid},1,1)\n-block dim = ({block},1,1)\n"
            f"-shmem = {shared}\n-nregs = {registers}\n-binary version = 80\n-cuda stream id = 0\n"
            f"-shmem base_addr = 0x{SHARED_BASE:016x}\n-local mem base_addr = 0x{LOCAL_BASE:016x}\n-nvbit version = 1.7\n"
            "-accelsim tracer version = 5\n-enable lineinfo = 0\n\n"
            "#traces format = [line_num] PC mask dest_num [reg_dests] opcode src_num [reg_srcs] mem_width "
            "[adrrescompress?] [mem_addresses] immediate\n\n\n")


def memory(addresses, mask, width):
    """Width, mode and addresses of the active lanes, as short as the format allows."""
    active = [a for lane, a in enumerate(addresses) if mask >> lane & 1]
    if not active:
        return f"{width} 1 0x0 0"
    steps = [b - a for a, b in zip(active, active[1:])]
    run = mask >> (mask & -mask).bit_length() - 1
    if run & (run + 1) == 0 and len(set(steps)) <= 1:
        return f"{width} 1 0x{active[0]:x} {steps[0] if steps else 0}"
    return f"{width} 2 0x{active[0]:x} " + " ".join(map(str, steps))


class Warp:
    def __init__(self):
        self.lines = []

    def op(self, pc, mask, destination, opcode, sources="", access="0", immediate=0):
        def registers(text):
            names = text.split()
            return " ".join([str(len(names))] + names)

        self.lines.append(f"{pc:04x} {mask:08x} {registers(destination)} {opcode} {registers(sources)} {access} {immediate} ")


def kernel(head, blocks):
    text = [head]
    for index, warps in enumerate(blocks):
        text.append(f"#BEGIN_TB\n\nthread block = {index},0,0\n")
        for number, warp in enumerate(warps):
            text.append("\n".join([f"warp = {number}", f"insts = {len(warp.lines)}"] + warp.lines) + "\n")
        text.append("#END_TB\n\n")
    return "\n".join(text)


def vector_add(blocks, threads, elements, a, b, c):
    for block in range(blocks):
        warps = []
        for number in range(threads // 32):
            i = [block * threads + number * 32 + lane for lane in range(32)]
            inside = sum(1 << lane for lane in range(32) if i[lane] < elements)
            outside = 0xFFFFFFFF & ~inside
            w = Warp()
            w.op(0x00, 0xFFFFFFFF, "R1", "MOV")
            w.op(0x10, 0xFFFFFFFF, "R6", "S2R")
            w.op(0x20, 0xFFFFFFFF, "R3", "S2R")
            w.op(0x30, 0xFFFFFFFF, "R6", "IMAD", "R6 R3")
            w.op(0x40, 0xFFFFFFFF, "", "ISETP.GE.AND", "R6")
            w.op(0x50, outside, "", "EXIT")
            if not inside:
                warps.append(w)
                continue
            w.op(0x60, inside, "R7", "MOV")
            w.op(0x70, inside, "", "ULDC.64")
            w.op(0x80, inside, "R4", "IMAD.WIDE", "R6 R7")
            w.op(0x90, inside, "R2", "IMAD.WIDE", "R6 R7")
            w.op(0xA0, inside, "R4", "LDG.E", "R4", memory([b + 4 * x for x in i], inside, 4))
            w.op(0xB0, inside, "R3", "LDG.E", "R2", memory([a + 4 * x for x in i], inside, 4))
            w.op(0xC0, inside, "R6", "IMAD.WIDE", "R6 R7")
            w.op(0xD0, inside, "R9", "FADD", "R4 R3")
            w.op(0xE0, inside, "", "STG.E", "R6 R9", memory([c + 4 * x for x in i], inside, 4))
            w.op(0xF0, inside, "", "EXIT")
            warps.append(w)
        yield warps


def reduction(blocks, threads, source, result):
    """Tree reduction in shared memory down to one warp, then shuffles; one result per block."""
    for block in range(blocks):
        warps = []
        for number in range(threads // 32):
            t = [number * 32 + lane for lane in range(32)]
            everyone = 0xFFFFFFFF
            w = Warp()
            w.op(0x00, everyone, "R8", "S2R")
            w.op(0x10, everyone, "R0", "S2R")
            w.op(0x20, everyone, "R3", "IMAD", "R0 R8")
            w.op(0x30, everyone, "R2", "IMAD.WIDE", "R3 R5")
            w.op(0x40, everyone, "R7", "LDG.E", "R2", memory([source + 4 * (block * threads + x) for x in t], everyone, 4))
            w.op(0x50, everyone, "R9", "SHF.L.U32", "R8 R255")
            w.op(0x60, everyone, "", "STS", "R9 R7", memory([4 * x for x in t], everyone, 4))
            w.op(0x70, everyone, "", "BAR.SYNC.DEFER_BLOCKING", immediate=0)
            width, pc = threads // 2, 0x80
            while width >= 32:
                active = sum(1 << lane for lane in range(32) if t[lane] < width)
                w.op(pc, everyone, "", "ISETP.GT.AND", "R8")
                w.op(pc + 0x10, active, "R4", "LDS", "R9", memory([4 * (x + width) for x in t], active, 4))
                w.op(pc + 0x20, active, "R6", "LDS", "R9", memory([4 * x for x in t], active, 4))
                w.op(pc + 0x30, active, "R7", "FADD", "R4 R6")
                w.op(pc + 0x40, active, "", "STS", "R9 R7", memory([4 * x for x in t], active, 4))
                w.op(pc + 0x50, everyone, "", "BAR.SYNC.DEFER_BLOCKING", immediate=0)
                width, pc = width // 2, pc + 0x60
            first = everyone if number == 0 else 0
            w.op(pc, everyone & ~first, "", "EXIT")
            if first:
                for step in (16, 8, 4, 2, 1):
                    pc += 0x10
                    w.op(pc, everyone, "", "SHFL.BFLY", "R4 R7", immediate=31)
                    pc += 0x10
                    w.op(pc, everyone, "R7", "FADD", "R4 R7")
                w.op(pc + 0x10, 1, "", "STG.E", "R2 R7", memory([result + 4 * block] * 32, 1, 4))
                w.op(pc + 0x20, everyone, "", "EXIT")
            warps.append(w)
        yield warps


ENTRIES = {
    "vectoradd": "c = a + b on 1950 elements, 8 blocks of 256 threads; the last block is partly empty",
    "vectoradd_xz": "the same, compressed with xz",
    "reduction": "tree reduction through shared memory with barriers and shuffles, two launches",
}


def write_index():
    """One entry per trace: path, format, what it is, where it comes from, and the SHA-256 of its files."""
    text = ["# The traces of this folder. Written by tools/make_traces.py.", "traces:"]
    for name, what in ENTRIES.items():
        text += [f"  - name: {name}", f"    path: {name}/kernelslist.g", "    format: accelsim-5", f"    what: {what}",
                 "    origin: written by tools/make_traces.py, not captured", "    sha256:"]
        for path in sorted((ROOT / name).iterdir()):
            text.append(f"      {path.name}: {hashlib.sha256(path.read_bytes()).hexdigest()}")
    (ROOT / "index.yaml").write_text("\n".join(text) + "\n")


def main():
    a, b, c = 0x7F3000000000, 0x7F3000002000, 0x7F3000004000
    text = kernel(header("_Z9vectorAddPKfS0_Pfi", 1, 8, 256, 0, 12), vector_add(8, 256, 1950, a, b, c))
    copies = f"MemcpyHtoD,0x{a:016x},{1950 * 4}\nMemcpyHtoD,0x{b:016x},{1950 * 4}\n"
    for folder, suffix in (("vectoradd", ""), ("vectoradd_xz", ".xz")):
        path = ROOT / folder
        path.mkdir(parents=True, exist_ok=True)
        (path / "kernelslist.g").write_text(copies + f"kernel-1.traceg{suffix}\n")
        data = text.encode()
        (path / f"kernel-1.traceg{suffix}").write_bytes(lzma.compress(data, preset=9) if suffix else data)
    path = ROOT / "reduction"
    path.mkdir(parents=True, exist_ok=True)
    (path / "kernelslist.g").write_text(f"MemcpyHtoD,0x{a:016x},{4 * 256 * 4}\nkernel-1.traceg\nkernel-2.traceg\n")
    (path / "kernel-1.traceg").write_text(kernel(header("_Z6reducePKfPf", 1, 4, 256, 1024, 10), reduction(4, 256, a, c)))
    (path / "kernel-2.traceg").write_text(kernel(header("_Z6reducePKfPf", 2, 1, 64, 256, 10), reduction(1, 64, c, c + 0x100)))
    write_index()


if __name__ == "__main__":
    main()
