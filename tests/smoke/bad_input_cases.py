"""The table of bad inputs: files, command, and what the message must say. Line numbers are counted from the text below."""
import gzip
import lzma
from dataclasses import dataclass, field

HEADER = """-kernel name = _Z1kPf
-kernel id = 1
-grid dim = ({grid},1,1)
-block dim = ({block},1,1)
-shmem = {shmem}
-nregs = {nregs}
-binary version = {binary}
-cuda stream id = 0
-shmem base_addr = 0x00007fb139000000
-local mem base_addr = 0x00007fb137000000
-nvbit version = 1.7
-accelsim tracer version = {version}
-enable lineinfo = 0

#traces format = PC mask dest_num [reg_dests] opcode src_num [reg_srcs] mem_width [adrrescompress?] [mem_addresses] immediate

"""
# Line 17 is the first of the body: #BEGIN_TB 17, thread block 19, warp 21, insts 22, instructions from 23.
LINES = ("0000 ffffffff 1 R1 MOV 0 0 0", "0010 ffffffff 1 R4 LDG.E 1 R4 4 1 0x7fb0fc430e00 4 0", "0020 ffffffff 0 EXIT 0 0 0")


def warp(number, lines=LINES, insts=None):
    return f"warp = {number}\ninsts = {len(lines) if insts is None else insts}\n" + "".join(line + "\n" for line in lines) + "\n"


def kernel(body=None, grid=1, block=32, shmem=0, nregs=16, binary=80, version=5):
    """The text of a kernel trace; one block of the right number of warps where no body is given."""
    if body is None:
        body = "".join(cta(range((block + 31) // 32), index) for index in range(grid))
    return HEADER.format(grid=grid, block=block, shmem=shmem, nregs=nregs, binary=binary, version=version) + body


def cta(warps, index=0, lines=LINES):
    return f"#BEGIN_TB\n\nthread block = {index},0,0\n\n" + "".join(warp(w, lines) for w in warps) + "#END_TB\n\n"


def one_line(line):
    return kernel(cta([0], lines=(LINES[0], line, LINES[2])))


@dataclass
class Case:
    name: str
    files: dict
    expect: list                       # patterns of the message, any case
    command: list = field(default_factory=lambda: ["run", "--gpu", "h200_sxm", "kernelslist.g"])
    status: int = 2


def trace(name, text, *expect, listed="kernel-1.traceg"):
    """A case whose one kernel trace is bad."""
    return Case(name, {"kernelslist.g": listed + "\n", listed: text}, list(expect))


def gpu(name, text, *expect):
    """A case whose GPU description is bad; `text` follows a line that extends a good one."""
    return Case(name, {"bad.yaml": "extends: $GPUS/h200_sxm.yaml\n" + text, "kernelslist.g": "kernel-1.traceg\n", "kernel-1.traceg": kernel()},
                list(expect), ["run", "--gpu", "bad.yaml", "kernelslist.g"])


def call(name, arguments, *expect):
    """A case of bad arguments; the input is good."""
    return Case(name, {"kernelslist.g": "kernel-1.traceg\n", "kernel-1.traceg": kernel()}, list(expect), arguments)


GOOD = kernel()
XZ, GZ = lzma.compress(GOOD.encode() * 50), gzip.compress(GOOD.encode() * 50, mtime=0)

CASES = [
    Case("control: the good trace runs", {"kernelslist.g": "kernel-1.traceg\n", "kernel-1.traceg": GOOD}, [], status=0),
    # Truncated files
    trace("truncated: inside a warp", GOOD[: GOOD.index("0020 ffff")], r"kernel-1\.traceg:\d+", "end"),
    trace("truncated: inside a line", GOOD[: GOOD.index("LDG.E 1 R4") + 5], r"kernel-1\.traceg:24"),
    trace("truncated: before the first block", GOOD[: GOOD.index("#BEGIN_TB")], r"kernel-1\.traceg"),
    trace("truncated: empty file", "", r"kernel-1\.traceg"),
    trace("truncated: xz", XZ[:-30], r"kernel-1\.traceg\.xz", listed="kernel-1.traceg.xz"),
    trace("truncated: gzip", GZ[:-30], r"kernel-1\.traceg\.gz", listed="kernel-1.traceg.gz"),
    trace("damaged: xz", XZ[:40] + bytes(b ^ 0x55 for b in XZ[40:60]) + XZ[60:], r"kernel-1\.traceg\.xz", listed="kernel-1.traceg.xz"),
    # Wrong compression
    trace("wrong compression: text named .xz", GOOD, r"kernelslist\.g:1|kernel-1\.traceg\.xz", "xz", listed="kernel-1.traceg.xz"),
    trace("wrong compression: gzip named .xz", GZ, r"kernelslist\.g:1|kernel-1\.traceg\.xz", "xz", listed="kernel-1.traceg.xz"),
    trace("wrong compression: text named .zst", GOOD, r"kernelslist\.g:1|kernel-1\.traceg\.zst", "zst", listed="kernel-1.traceg.zst"),
    trace("wrong compression: xz named as text", XZ, r"kernel-1\.traceg"),
    # Unknown versions
    trace("unknown version: tracer 99", kernel(version=99), r"kernel-1\.traceg:12", "version", "99"),
    trace("unknown version: binary 35", kernel(binary=35), r"kernel-1\.traceg:7", "35"),
    Case("unknown version: Heddle trace", {"k.heddle": b"\x89HDL\r\n\x1a\n" + b"\xff" * 200}, [r"k\.heddle", "version|header|checksum"],
         ["run", "--gpu", "h200_sxm", "k.heddle"]),
    # Missing things
    trace("missing warp", kernel(cta([0]), block=64), r"kernel-1\.traceg:\d+", "warp"),
    trace("missing addresses: list", one_line("0010 ffffffff 1 R4 LDG.E 1 R4 4 0 0x7fb0fc430e00 0x7fb0fc430e04"), r"kernel-1\.traceg:24", "address"),
    trace("missing addresses: none at all", one_line("0010 ffffffff 1 R4 LDG.E 1 R4 4"), r"kernel-1\.traceg:24"),
    trace("missing addresses: no stride", one_line("0010 ffffffff 1 R4 LDG.E 1 R4 4 1 0x7fb0fc430e00"), r"kernel-1\.traceg:24"),
    trace("missing block", kernel(cta([0]), grid=2), r"kernel-1\.traceg", "block"),
    trace("missing header line: grid", GOOD.replace("-grid dim = (1,1,1)\n", ""), r"kernel-1\.traceg", "grid"),
    trace("not a trace", "\x00\x01\x02 nothing of the kind\n" * 20, r"kernel-1\.traceg"),
    Case("list names an absent file", {"kernelslist.g": "MemcpyHtoD,0x00007fb0fc400000,4096\nkernel-7.traceg\n"}, [r"kernelslist\.g:2", r"kernel-7\.traceg"]),
    Case("list with a bad copy", {"kernelslist.g": "MemcpyHtoD,here,4096\nkernel-1.traceg\n", "kernel-1.traceg": GOOD}, [r"kernelslist\.g:1"]),
    Case("list without a kernel", {"kernelslist.g": "# nothing\n"}, [r"kernelslist\.g"]),
    Case("input does not exist", {}, [r"nowhere\.g"], ["run", "--gpu", "h200_sxm", "nowhere.g"]),
    # A CTA that can never fit
    trace("a CTA that can never fit: registers", kernel(block=1024, nregs=255), "k", "register"),
    trace("a CTA that can never fit: shared memory", kernel(shmem=1 << 20), "shared"),
    trace("a CTA that can never fit: threads", kernel(block=2048), r"kernel-1\.traceg", "thread|block dim"),
    # GPU descriptions
    gpu("YAML: unknown key", "no_such_key: 1\n", r"bad\.yaml:2:1", "unknown key", "no_such_key"),
    gpu("YAML: unknown key, nested", "clocks:\n  smm: !assumed 1 GHz\n", r"bad\.yaml:3:3", "unknown key", "did you mean|sm"),
    gpu("YAML: duplicate key", "name: one\nname: two\n", r"bad\.yaml:3:1", "name"),
    gpu("YAML: duplicate key of a section", "clocks:\n  sm: !assumed 1 GHz\nclocks:\n  l2: !assumed 1 GHz\n", r"bad\.yaml:4:1", "clocks"),
    gpu("YAML: wrong unit", "clocks:\n  sm: !assumed 33 KiB\n", r"bad\.yaml:3:\d+", "Hz"),
    gpu("YAML: no unit", "clocks:\n  sm: !assumed 1755\n", r"bad\.yaml:3:\d+", "Hz"),
    gpu("YAML: out of range", "clocks:\n  sm: !assumed 99 GHz\n", r"bad\.yaml:3:\d+", "clocks.sm", "range|most|between|above"),
    gpu("YAML: no source", "clocks:\n  sm: 1755 MHz\n", r"bad\.yaml:3:\d+", "source"),
    gpu("YAML: not one of the choices", "sm:\n  sub_core:\n    warp_scheduler: !assumed fastest\n", r"bad\.yaml:4:\d+", "fastest"),
    gpu("YAML: a list where a number belongs", "clocks:\n  sm: !assumed [1 GHz]\n", r"bad\.yaml:3:\d+", "clocks.sm"),
    gpu("YAML: a number where a section belongs", "clocks: 5\n", r"bad\.yaml:2:\d+", "clocks"),
    gpu("YAML: all errors at once", "no_such_key: 1\nnor_this: 2\n", r"bad\.yaml:2:1", r"bad\.yaml:3:1"),
    gpu("YAML: syntax", "sm: [1,\n", r"bad\.yaml:\d+"),
    Case("YAML: extends an absent file", {"bad.yaml": "extends: nowhere.yaml\n", "kernelslist.g": "kernel-1.traceg\n", "kernel-1.traceg": GOOD},
         [r"bad\.yaml:1", r"nowhere\.yaml"], ["run", "--gpu", "bad.yaml", "kernelslist.g"]),
    # Arguments
    call("argument: unknown GPU", ["run", "--gpu", "h300", "kernelslist.g"], "h300", "h200"),
    call("argument: --set of an unknown key", ["run", "--gpu", "h200_sxm", "--set", "sm.no_such=1", "kernelslist.g"], r"sm\.no_such"),
    call("argument: --set without a value", ["run", "--gpu", "h200_sxm", "--set", "sm", "kernelslist.g"], "--set", "value"),
    call("argument: --quantum 0", ["run", "--gpu", "h200_sxm", "--quantum", "0", "kernelslist.g"], "quantum"),
    call("argument: --threads many", ["run", "--gpu", "h200_sxm", "--threads", "many", "kernelslist.g"], "threads"),
    call("argument: --host nowhere", ["run", "--gpu", "h200_sxm", "--host", "nowhere", "kernelslist.g"], "host"),
    call("argument: --kernels 3:1", ["run", "--gpu", "h200_sxm", "--kernels", "3:1", "kernelslist.g"], "kernels"),
    call("argument: no input", ["run", "--gpu", "h200_sxm"], "input|required"),
    call("argument: unknown option", ["run", "--gpu", "h200_sxm", "--fast", "kernelslist.g"], "--fast"),
    # --strict
    Case("strict: an opcode without a row", {"kernelslist.g": "kernel-1.traceg\n", "kernel-1.traceg": one_line("0010 ffffffff 1 R4 FROBNICATE.X 1 R4 0 0")},
         ["FROBNICATE"], ["run", "--strict", "--gpu", "h200_sxm", "kernelslist.g"]),
]
