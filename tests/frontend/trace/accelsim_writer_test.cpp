#include "frontend/trace/accelsim.hpp"
#include "frontend/trace/accelsim_writer.hpp"
#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "sim/base/error.hpp"
#include "tests/frontend/trace/heddle_workloads.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

using namespace heddle;
using namespace heddle::test;

namespace {

// What a text trace can say, of any workload: pc, mask, opcode, registers, width, and each active lane's address.
std::string executions(Workload& workload) {
    std::string s;
    while (auto command = workload.next_command()) {
        if (!command->kernel) {
            s += fmt::format("copy {:x} {}\n", command->address, command->bytes);
            continue;
        }
        const KernelLaunch& l = command->kernel->launch();
        s += fmt::format("{} {},{},{} {},{},{} {} {} {} {}\n", l.name, l.grid.x, l.grid.y, l.grid.z, l.block.x, l.block.y, l.block.z,
                         l.registers_per_thread, l.shared_bytes, l.stream, l.architecture);
        while (auto cta = command->kernel->next_cta()) {
            s += fmt::format("cta {},{},{}\n", cta->index.x, cta->index.y, cta->index.z);
            for (const auto& stream : cta->warps) {
                s += "warp\n";
                for (auto chunk = stream->next_chunk(); !chunk.instructions.empty(); chunk = stream->next_chunk())
                    for (const DynamicInstruction& d : chunk.instructions) {
                        StaticInstruction row = *d.code;
                        row.index = 0;
                        s += fmt::format("{:08x} {}", d.active_mask, describe_row(row));
                        if (d.address == kNoAddress) continue;
                        const AddressPattern& p = chunk.patterns[d.address];
                        for (unsigned lane = 0, k = 0; lane < kLanes; ++lane)
                            if (d.active_mask >> lane & 1) s += fmt::format(" {:x}", chunk.lane_address(p, lane, k++));
                        s += '\n';
                    }
            }
        }
    }
    return s;
}

std::string joined(const std::string& directory) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::string s;
    for (const auto& file : files) s += file.filename().string() + "\n" + read_all(file.string());
    return s;
}

const char* const kTrace = R"(-kernel name = _Z4testPf
-kernel id = 1
-grid dim = (2,1,1)
-block dim = (64,1,1)
-shmem = 4096
-nregs = 40
-binary version = 80
-cuda stream id = 77
-shmem base_addr = 0x00007fb139000000
-local mem base_addr = 0x00007fb137000000
-nvbit version = 1.7
-accelsim tracer version = 5
-enable lineinfo = 0

#traces format = ...

#BEGIN_TB

thread block = 1,0,0

warp = 0
insts = 14
0000 ffffffff 1 R1 MOV 0 0 0
0010 ffffffff 1 R4 IMAD.WIDE 2 R255 R8 0 0
0020 ffffffff 1 R4 LDG.E.128 1 R2 16 1 0x7fb0fc430e00 16 0
0030 0000000f 1 R4 LDG.E 1 R2 4 2 0x7fb0fc430e00 100 -7 4096 0
0040 00000005 1 R4 LDG.E 1 R2 4 0 0x7fb0fc430e00 0x7fb0fc430e08 0
0050 ffff0000 0 STG.E 2 R2 R255 4 1 0x7fb0fc461c00 4 0
0060 ffffffff 1 R6 LDS.64 1 R3 8 1 0x7fb139000100 8 0
0070 ffffffff 1 R6 LD.E 1 R2 4 1 0x7fb139000200 4 0
0080 ffffffff 1 R6 LD.E 1 R2 4 1 0x7fb0fc461c00 4 0
0090 ffffffff 0 LDGSTS.E.BYPASS.128 2 R10 R12 16 1 0x7fb0fc461c00 16 0
00a0 ffffffff 1 R16 HMMA.16816.F32 3 R4 R8 R255 0 0
00b0 ffffffff 0 DEPBAR.LE 0 0 2
00c0 00000000 1 R4 LDG.E 1 R2 4 1 0x0 0 0
00d0 ffffffff 0 EXIT 0 0 0

warp = 1
insts = 2
0000 ffffffff 1 R1 MOV 0 0 0
00d0 ffffffff 0 EXIT 0 0 0

#END_TB

#BEGIN_TB

thread block = 0,0,0

warp = 0
insts = 1
00d0 ffffffff 0 EXIT 0 0 0

warp = 1
insts = 1
00d0 ffffffff 0 EXIT 0 0 0

#END_TB
)";

} // namespace

TEST_CASE("text to heddle to text keeps every execution, and is then stable") {
    const TemporaryPath in("text_in"), heddle("text.heddle"), once("text_once"), again("text_again"), heddle_again("text_again.heddle");
    for (const unsigned version : {3U, 4U, 5U}) {
        CAPTURE(version);
        std::filesystem::remove_all(once.text()), std::filesystem::remove_all(again.text());
        std::filesystem::create_directories(in.text());
        std::string text = kTrace;
        if (version < 5) { // without the immediate at the end of each line
            std::istringstream lines(kTrace);
            text.clear();
            for (std::string line; std::getline(lines, line);) {
                if (line.find("enable lineinfo") != std::string::npos && version == 3) continue;
                if (line.starts_with("-accelsim")) line.back() = static_cast<char>('0' + version);
                if (line.size() > 8 && line[4] == ' ' && std::isxdigit(line[0]) && line[0] == '0') line.erase(line.rfind(' '));
                text += line + '\n';
            }
        }
        write_all(in.text() + "/kernel-1.traceg", text);
        write_all(in.text() + "/kernelslist.g", "MemcpyHtoD,0x00007fb0fc400000,200000\nkernel-1.traceg\n");
        write_heddle_trace(*open_accelsim(in.text()), heddle.text());
        const std::string original = executions(*open_accelsim(in.text()));
        CHECK(executions(*open_heddle_trace(heddle.text())) == original);
        const AccelSimLosses losses = write_accelsim_trace(*open_heddle_trace(heddle.text()), once.text(), version);
        CAPTURE(losses.example);
        CHECK(losses.rows == 0);
        CHECK(executions(*open_accelsim(once.text())) == original);
        write_heddle_trace(*open_accelsim(once.text()), heddle_again.text());
        write_accelsim_trace(*open_heddle_trace(heddle_again.text()), again.text(), version);
        CHECK(joined(once.text()) == joined(again.text()));
        CHECK(read_all(heddle.text()) == read_all(heddle_again.text()));
    }
}

TEST_CASE("captures survive both ways") {
    const TemporaryPath heddle("capture.heddle"), text("capture_text");
    REQUIRE_FALSE(captures().empty());
    for (const std::filesystem::path& capture : captures()) {
        CAPTURE(capture);
        std::filesystem::remove_all(text.text());
        write_heddle_trace(*open_accelsim(capture), heddle.text());
        const std::string original = executions(*open_accelsim(capture));
        CHECK((executions(*open_heddle_trace(heddle.text())) == original));
        // Version 5 adds nothing to an older trace but zeros as immediates, which mean the same.
        CHECK(write_accelsim_trace(*open_heddle_trace(heddle.text()), text.text()).rows == 0);
        CHECK((executions(*open_accelsim(text.text())) == original));
    }
}

TEST_CASE("what cannot be written is an error") {
    const TemporaryPath directory("writer_errors");
    TestWorkload workload({{1, 2, {}}});
    CHECK_THROWS_AS(write_accelsim_trace(workload, directory.text(), 2), UserError);
    CHECK_THROWS_AS(write_accelsim_trace(workload, directory.text(), 6), UserError);
    CHECK_THROWS_AS(write_accelsim_trace(workload, "/dev/null/such", 5), UserError);
    write_accelsim_trace(workload, directory.text());
    CHECK(read_all(directory.text() + "/kernelslist.g") == "MemcpyHtoD,0x0000000000000001,2\n");
    CHECK_THROWS_AS(write_accelsim_trace(workload, directory.text()), UserError); // nothing is overwritten
}
