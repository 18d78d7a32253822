#include "tests/fuzz/sample_trace.hpp"

#include <vector>

namespace heddle::fuzz {

namespace {

const char *const kHeader =
    "-kernel name = _Z1kPf\n-kernel id = 1\n-grid dim = (2,1,1)\n-block dim = (64,1,1)\n-shmem = 0\n-nregs = 16\n-binary version = 80\n"
    "-cuda stream id = 0\n-shmem base_addr = 0x00007fb139000000\n-local mem base_addr = 0x00007fb137000000\n-nvbit version = 1.7\n";

std::string trace(unsigned version, const std::vector<std::string> &lines) {
    std::string text = std::string(kHeader) + "-accelsim tracer version = " + std::to_string(version) + "\n";
    if (version >= 4) text += "-enable lineinfo = 0\n";
    text += "\n#traces format = PC mask dest_num [reg_dests] opcode src_num [reg_srcs] mem_width [adrrescompress?] [mem_addresses] "
            "immediate\n\n";
    for (const char *block : {"0,0,0", "1,0,0"}) {
        text += std::string("#BEGIN_TB\n\nthread block = ") + block + "\n\n";
        for (const char *warp : {"0", "1"}) {
            text += std::string("warp = ") + warp + "\ninsts = " + std::to_string(lines.size()) + "\n";
            for (const std::string &line : lines) {
                if (version < 3) text += std::string(block, 1) + " 0 0 " + warp + " ";
                text += line + "\n";
            }
            text += "\n";
        }
        text += "#END_TB\n\n";
    }
    return text;
}

const std::vector<std::string> kThird{"0000 ffffffff 1 R1 IMAD.MOV.U32 2 R255 R255 0",
                                      "0010 ffffffff 1 R4 LDG.E.64 1 R4 8 1 0x7fb0fc430e00 8",
                                      "0020 0000000f 1 R5 LDG.E 1 R2 4 0 0x7fb0fc430e00 0x7fb0fc430f00 0x7fb0fc431e00 0x7fb0fc432e00",
                                      "0030 00000007 0 STG.E 2 R6 R9 4 2 0x7fb0fc461c00 16 -8",
                                      "0040 ffffffff 0 BAR.SYNC.DEFER_BLOCKING 0 0",
                                      "0050 ffffffff 0 EXIT 0 0"};

std::vector<std::string> with_immediates(std::vector<std::string> lines, const std::string &tail) {
    for (std::string &line : lines) line += tail;
    return lines;
}

} // namespace

std::string sample_header() { return kHeader; }

std::string sample_trace(unsigned version) {
    return trace(version, version < 5 ? kThird : with_immediates(kThird, version == 5 ? " 0" : " 0 0 NoVal"));
}

} // namespace heddle::fuzz
