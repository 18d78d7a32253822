// Golden reading of small traces written here, for each tracer version, address mode and layout.
#include "tests/frontend/trace/accelsim_fixture.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>

using namespace heddle;

namespace {

using Addresses = std::vector<Address>;

// Reads a one-warp kernel of these lines.
std::vector<FlatInstruction> read_lines(const std::vector<std::string>& lines, HeaderText header = {}, FlatWorkload* all = nullptr) {
    TestFolder folder;
    FlatWorkload flat = read_trace(folder.write("kernel-1.traceg", header_text(header) + block_text("0,0,0", warp_text(0, lines))));
    auto warp = flat.kernels.at(0).warps.at(0).at(0);
    static std::vector<FlatKernel> keep; // the code rows stay alive
    keep.push_back(flat.kernels[0]);
    if (all) *all = std::move(flat);
    return warp;
}

Addresses stepped(Address base, std::int64_t step, unsigned count) {
    Addresses list;
    for (unsigned i = 0; i < count; ++i) list.push_back(base + static_cast<Address>(step * i));
    return list;
}

} // namespace

TEST_CASE("the header becomes the launch", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.grid = "(2,1,1)";
    h.block = "(40,1,1)";
    const std::string warps = warp_text(0, {"0000 ffffffff 0 EXIT 0 0 0 "}) + warp_text(1, {"0000 000000ff 0 EXIT 0 0 0 "});
    const auto flat = read_trace(folder.write("k.traceg", header_text(h) + block_text("0,0,0", warps) + block_text("1,0,0", warps)));
    REQUIRE(flat.kernels.size() == 1);
    const KernelLaunch& launch = flat.kernels[0].kernel->launch();
    CHECK(launch.name == "test");
    CHECK(launch.id == 1);
    CHECK(launch.grid == Dim3{2, 1, 1});
    CHECK(launch.block == Dim3{40, 1, 1});
    CHECK(launch.cluster == Dim3{1, 1, 1});
    CHECK(launch.registers_per_thread == 32);
    CHECK(launch.shared_bytes == 1024);
    CHECK(launch.stream == 7);
    CHECK(launch.architecture == 80);
    CHECK(flat.kernels[0].blocks == std::vector<Dim3>{{0, 0, 0}, {1, 0, 0}});
    CHECK(flat.kernels[0].instructions == 4);
    CHECK(flat.notes.anomalies.empty());
    CHECK(flat.notes.unmodelled.empty());
    CHECK_FALSE(flat.kernels[0].kernel->code().has_control_bits);
}

TEST_CASE("version 5: base and stride count from the first active lane", "[accelsim]") {
    const auto w = read_lines({
        "0000 ffffffff 1 R4 LDG.E 1 R4 4 1 0x7fb0fc430e00 4 0 ",
        "0010 0000ff00 1 R4 LDG.E.64 1 R4 8 1 0x1000 -8 0 ",
        "0020 00000000 0 STG.E 2 R6 R9 4 1 0x0 0 0 ",
        "0030 80000000 1 R4 LDG.E 1 R4 4 1 0x2000 0 0 ",
        "0040 ffffffff 0 EXIT 0 0 0 ",
    });
    REQUIRE(w.size() == 5);
    CHECK(w[0].addresses == stepped(0x7fb0fc430e00, 4, 32));
    CHECK(w[0].pattern.kind == AddressPattern::Kind::Stride);
    CHECK(w[1].addresses == stepped(0x1000, -8, 8));
    CHECK(w[1].pattern.base == 0x1000 + 8 * 8); // lane 0
    CHECK(w[1].code->access_bytes == 8);
    CHECK_FALSE(w[2].has_pattern);
    CHECK(w[2].mask == 0);
    CHECK(w[3].addresses == Addresses{0x2000});
    CHECK(w[4].code->behaviour == Behaviour::Exit);
    CHECK(w[4].code->pc == 0x40);
}

TEST_CASE("version 5: lists and differences become strides where the lanes allow", "[accelsim]") {
    const auto w = read_lines({
        "0000 0000000d 1 R4 LDG.E 1 R2 4 0 0x100 0x108 0x10c 0 ",              // lanes 0, 2, 3: 4 bytes per lane
        "0010 0000000d 1 R4 LDG.E 1 R2 4 0 0x100 0x108 0x110 0 ",              // no stride
        "0020 6190a142 1 R8 LDG.E 1 R2 4 2 0x10c 40 16 40 16 40 24 8 40 8 0 ", // from a capture: 8 bytes per lane
        "0030 0000000f 1 R8 LDG.E 1 R2 4 2 0x10c 40 -16 40 0 ",
        "0040 00000010 1 R8 LDG.E 1 R2 4 2 0x10c 0 ",
    });
    CHECK(w[0].pattern.kind == AddressPattern::Kind::Stride);
    CHECK(w[0].pattern.stride == 4);
    CHECK(w[0].addresses == Addresses{0x100, 0x108, 0x10c});
    CHECK(w[1].pattern.kind == AddressPattern::Kind::List);
    CHECK(w[1].addresses == Addresses{0x100, 0x108, 0x110});
    CHECK(w[2].pattern.kind == AddressPattern::Kind::Stride);
    CHECK(w[2].pattern.stride == 8);
    CHECK(w[2].addresses == Addresses{0x10c, 0x134, 0x144, 0x16c, 0x17c, 0x1a4, 0x1bc, 0x1c4, 0x1ec, 0x1f4});
    CHECK(w[3].pattern.kind == AddressPattern::Kind::List);
    CHECK(w[3].addresses == Addresses{0x10c, 0x134, 0x124, 0x14c});
    CHECK(w[4].addresses == Addresses{0x10c});
}

TEST_CASE("versions 1 and 2: lines name block and warp, and warps may alternate", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.block = "(64,1,1)";
    h.architecture = 70;
    const std::string lines = "0 0 0 0 0000 ffffffff 1 R1 MOV 0 0\n"
                              "0 0 0 1 0000 ffffffff 1 R2 MOV 0 0\n"
                              "0 0 0 0 0010 0000000f 1 R4 LDG.E.SYS 1 R2 4 0x10 0x20 0x30 0x44\n" // one per active lane
                              "0 0 0 1 0010 ffffffff 1 R4 LDG.E.SYS 1 R2 4 1 0x100 4\n"
                              "0 0 0 0 0020 ffffffff 0 EXIT 0 0\n"
                              "0 0 0 1 0020 ffffffff 0 EXIT 0 0\n";
    for (const unsigned version : {1U, 2U}) {
        h.version = version;
        const auto check = [](const FlatWorkload& flat) {
            const auto& warps = flat.kernels.at(0).warps.at(0);
            REQUIRE(warps.size() == 2);
            CHECK(warps[0].size() == 3);
            CHECK(warps[1].size() == 3);
            CHECK(warps[0][1].addresses == Addresses{0x10, 0x20, 0x30, 0x44});
            CHECK(warps[1][1].addresses == stepped(0x100, 4, 32));
        };
        check(read_trace(folder.write("grouped.traceg", header_text(h) + block_text("0,0,0", lines))));
        check(read_trace(folder.write("ungrouped.trace", header_text(h) + lines)));
    }
}

TEST_CASE("version 3 has no immediates and version 4 may have source lines", "[accelsim]") {
    HeaderText h;
    h.version = 3;
    FlatWorkload all;
    auto w =
        read_lines({"0000 ffffffff 1 R4 LDG.E 1 R2 4 1 0x100 4", "0010 ffffffff 0 BAR.SYNC 0 0 ", "0020 ffffffff 0 EXIT 0 0"}, h, &all);
    CHECK(w[0].addresses.size() == 32);
    CHECK(w[1].code->behaviour == Behaviour::Barrier);
    CHECK(all.notes.assumptions.size() == 4);
    h.version = 4;
    h.more = "-enable lineinfo = 1\n";
    w = read_lines({"17 0000 ffffffff 1 R4 LDG.E 1 R2 4 1 0x100 4 ", "9999 0010 ffffffff 0 EXIT 0 0 "}, h);
    CHECK(w[0].code->pc == 0);
    CHECK(w[1].code->pc == 0x10);
    CHECK(w[1].mask == 0xffffffff);
}

TEST_CASE("version 5: immediates tell barriers and groups apart", "[accelsim]") {
    const auto w =
        read_lines({"0000 ffffffff 0 BAR.SYNC.DEFER_BLOCKING 0 0 0 ", "0010 ffffffff 0 BAR.SYNC 0 0 3 ", "0020 ffffffff 0 DEPBAR.LE 0 0 1 ",
                    "0030 ffffffff 0 LDGDEPBAR 0 0 0 ", "0040 ffffffff 0 LDGSTS.E.BYPASS.128 2 R3 R4 16 1 0x400 16 0 "});
    CHECK(w[0].code->barrier == 0);
    CHECK(w[1].code->barrier == 3);
    CHECK(w[2].code->behaviour == Behaviour::AsyncWait);
    CHECK(w[2].code->immediate == 1);
    CHECK(w[3].code->behaviour == Behaviour::AsyncGroup);
    CHECK(w[4].code->behaviour == Behaviour::AsyncCopy);
    CHECK(w[4].code->access_bytes == 16);
    CHECK(w[4].addresses == stepped(0x400, 16, 32));
}

TEST_CASE("version 6: two immediates, values, uniform registers, clusters, bulk copies", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.version = 6;
    h.architecture = 90;
    const std::vector<std::string> lines = {
        "0000 ffffffff 1 R4 LDG.E 2 R2 UR4 4 1 0x100 4 0 0 NoVal",
        "0010 ffffffff 4 R4 R5 R6 R7 LDG.E.128 1 R2 16 1 0x1000 16 0 0 Val 1 0x5 32 0x1",
        "0020 ffffffff 0 BAR.SYNC 0 0 2 64 NoVal",
        "0030 ffffffff 2 R24 P0 HGMMA.64x8x16.F32 2 R24 UR8 1 0 0 0 NoVal",
        "0040 ffffffff 1 R24 HGMMA.64x8x16.F32 1 R24 0 0 0 NoVal",
        "0050 00000001 0 UTMALDG.2D 3 UR4 UR8 UR6 16 0x8000 0 4096 0 4 0x7f5500001000 3 128 128 0 0 NoVal",
        "0060 00000001 0 UTMALDG.2D 3 UR4 UR8 UR6 16 0x8000 1 0x3 4096 0 3 2 0x7f5500001000 0x7f5500002000 0 0 NoVal",
        "0070 00000001 0 UBLKCP.S.G 3 UR4 UR8 UR6 16 3 1 0x7f5500003000 0 0 NoVal", // older trace: no barrier fields
        "0080 00000000 0 REPLAY_START 0 0 0 0 NoVal",
        "0090 ffffffff 1 P0 SYNCS.PHASECHK.TRANS64.TRYWAIT 1 UR4 8 1 0x40 0 0 0 NoVal",
        "00a0 00000000 0 REPLAY_END 0 0 0 0 NoVal",
        "00b0 ffffffff 0 EXIT 0 0 0 0 NoVal",
    };
    std::string block = block_text("0,0,0", warp_text(0, lines));
    block.insert(block.find("\n\nwarp"), "\ncluster id = 0,0,0\ncluster cta = 0,0,0\ncluster rank = 0");
    const auto flat = read_trace(folder.write("k.traceg", header_text(h) + block));
    const auto& w = flat.kernels.at(0).warps.at(0).at(0);
    REQUIRE(w.size() == 10);
    CHECK(w[1].addresses == stepped(0x1000, 16, 32));
    CHECK(w[1].code->destination_count == 1);
    CHECK(w[2].code->barrier == 2);
    CHECK(w[2].code->barrier_threads == 64);
    CHECK(w[3].code->behaviour == Behaviour::WarpgroupMma);
    CHECK(w[5].code->behaviour == Behaviour::BulkCopy);
    CHECK(w[5].addresses == Addresses{0x7f5500001000});
    CHECK(w[6].addresses == Addresses{0x7f5500001000});
    CHECK(w[7].addresses == Addresses{0x7f5500003000});
    CHECK(count_of(flat.notes.unmodelled, "mark around a captured spin loop: REPLAY_START") == 1);
    CHECK(count_of(flat.notes.unmodelled, "addresses of a bulk copy after the first") == 3);
    CHECK(count_of(flat.notes.unmodelled, "SYNCS: mbarrier operation (takes time, synchronises nothing)") == 1);
}

TEST_CASE("generic accesses go where their addresses lie", "[accelsim]") {
    FlatWorkload all;
    const auto w = read_lines(
        {
            "0000 ffffffff 1 R4 LD.E 1 R2 4 1 0x00007f0002000040 4 0 ", // shared window
            "0000 ffffffff 1 R4 LD.E 1 R2 4 1 0x00007f0000000100 0 0 ", // local window
            "0000 ffffffff 1 R4 LD.E 1 R2 4 1 0x00007f1000000100 4 0 ", // elsewhere
            "0000 00000003 1 R4 LD.E 1 R2 4 0 0x00007f0002000040 0x00007f1000000100 0 ",
            "0010 ffffffff 0 ATOM.E.ADD.STRONG.GPU 3 R3 R4 R6 4 1 0x00007f0002000080 0 0 ",
            "0020 ffffffff 1 R4 LDS 1 R2 4 1 0x00007f0002000040 4 0 ", // full address
            "0030 ffffffff 1 R4 LDS 1 R2 4 1 0x40 4 0 ",               // offset
            "0040 0000000d 1 R4 LDS 1 R2 4 0 0x40 0x7f0002000080 0x44 0 ", "0050 ffffffff 1 R4 LDL 1 R2 4 1 0x00007f0000000100 0 0 ",
            "0060 ffffffff 1 R4 LDS 1 R2 4 1 0x40000010 4 0 ", // neither
        },
        {}, &all);
    CHECK(w[0].code->space == Space::Shared);
    CHECK(w[0].addresses == stepped(0x40, 4, 32));
    CHECK(w[1].code->space == Space::Local);
    CHECK(w[1].addresses[0] == 0x100);
    CHECK(w[2].code->space == Space::Global);
    CHECK(w[2].addresses == stepped(0x7f1000000100, 4, 32));
    CHECK(w[0].code != w[2].code);
    CHECK(w[0].code->pc == w[2].code->pc);
    CHECK(w[3].code->space == Space::Shared);
    CHECK(count_of(all.notes.anomalies, "generic access with lanes in different windows (taken as that of the first lane)") == 1);
    CHECK(w[4].code->space == Space::Shared);
    CHECK(w[4].code->behaviour == Behaviour::Atomic);
    CHECK_FALSE(w[4].code->bypass_l1);
    CHECK(w[5].addresses == w[6].addresses);
    CHECK(w[7].addresses == Addresses{0x40, 0x80, 0x44});
    CHECK(w[8].addresses[31] == 0x100);
    CHECK(w[9].addresses[0] == 0x10);
    CHECK(count_of(all.notes.anomalies, "shared address outside the shared window (low 24 bits used)") == 1);
}

TEST_CASE("without window addresses generic accesses are global, and that is said", "[accelsim]") {
    TestFolder folder;
    std::string text = header_text() + block_text("0,0,0", warp_text(0, {"0000 ffffffff 1 R4 LD.E 1 R2 4 1 0x0000000040 4 0 "}));
    text.erase(text.find("-shmem base"), text.find("-nvbit") - text.find("-shmem base"));
    const auto flat = read_trace(folder.write("k.traceg", text));
    CHECK(flat.kernels[0].warps[0][0][0].code->space == Space::Global);
    bool said = false;
    for (const auto& a : flat.notes.assumptions) said |= a.find("window") != std::string::npos;
    CHECK(said);
}

TEST_CASE("from sm_90 on the rank of the block in its cluster decides what is its own shared memory", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.version = 6;
    h.architecture = 90;
    h.more = "-cluster dim = (2,1,1)\n";
    std::string block = block_text("0,0,0", warp_text(0, {"0000 ffffffff 1 R4 LD.E 1 R2 4 1 0x7f0003000040 4 0 0 NoVal",
                                                          "0000 ffffffff 1 R4 LD.E 1 R2 4 1 0x7f0002000040 4 0 0 NoVal",
                                                          "0010 ffffffff 1 R4 LDS 1 R2 4 1 0x1000040 4 0 0 NoVal"}));
    block.insert(block.find("\n\nwarp"), "\ncluster rank = 1");
    const auto flat = read_trace(folder.write("k.traceg", header_text(h) + block));
    const auto& w = flat.kernels[0].warps[0][0];
    CHECK(flat.kernels[0].kernel->launch().cluster == Dim3{2, 1, 1});
    CHECK(w[0].code->space == Space::Shared);
    CHECK(w[0].addresses[0] == 0x40);
    CHECK(w[1].code->space == Space::DistributedShared);
    CHECK(w[1].addresses[0] == 0x40);
    CHECK(w[2].addresses[0] == 0x40);
}

TEST_CASE("a PC whose text changes gets a further row, and equal text shares one", "[accelsim]") {
    FlatWorkload all;
    const auto w = read_lines({"0000 ffffffff 1 R4 MOV 0 0 0 ", "0000 ffffffff 1 R5 MOV 0 0 0 ", "0000 ffffffff 1 R4 MOV 0 0 0 ",
                               "fffffff3 ffffffff 1 R4 MOV 0 0 0 ", "fffffff3 0000000f 1 R4 MOV 0 0 0 "},
                              {}, &all);
    CHECK(w[0].code == w[2].code);
    CHECK(w[0].code != w[1].code);
    CHECK(w[3].code == w[4].code);
    CHECK(all.kernels[0].kernel->code().instructions.size() == 3);
    for (std::uint32_t i = 0; i < 3; ++i) CHECK(all.kernels[0].kernel->code().instructions[i].index == i);
}

TEST_CASE("blemishes are replayed and counted, and strict refuses them", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.block = "(48,1,1)";
    const std::string good = warp_text(1, {"0000 0000ffff 0 EXIT 0 0 0 "});
    struct Case {
        const char* what;
        std::string body;
        std::uint64_t count;
    };
    const Case cases[] = {
        {"lane active after its EXIT",
         block_text("0,0,0",
                    warp_text(0, {"0000 0000ffff 0 EXIT 0 0 0 ", "0010 ffff0001 1 R1 MOV 0 0 0 ", "0020 ffffffff 0 EXIT 0 0 0 "}) + good),
         2},
        {"empty thread block", block_text("0,0,0", ""), 1},
        {"warp without instructions", block_text("0,0,0", warp_text(0, {}) + good), 1},
        {"lane active that the thread block does not have",
         block_text("0,0,0", warp_text(0, {"0000 ffffffff 0 EXIT 0 0 0 "}) + warp_text(1, {"0000 ffffffff 0 EXIT 0 0 0 "})), 1},
        {"odd memory width 3 of LDG.E",
         block_text("0,0,0",
                    warp_text(0, {"0000 ffffffff 1 R4 LDG.E 1 R2 3 1 0x100 4 0 ", "0000 ffffffff 1 R4 LDG.E 1 R2 3 1 0x100 4 0 "}) + good),
         2},
        {"base and stride for lanes with gaps", block_text("0,0,0", warp_text(0, {"0000 0000000d 1 R4 LDG.E 1 R2 4 1 0x100 4 0 "}) + good),
         1},
    };
    for (const Case& c : cases) {
        INFO(c.what);
        const auto path = folder.write("k.traceg", header_text(h) + c.body);
        const auto flat = read_trace(path);
        CHECK(count_of(flat.notes.anomalies, c.what) == c.count);
        CHECK(flat.notes.anomalies.size() == 1);
        REQUIRE(flat.kernels[0].warps.size() == 1);
        CHECK(flat.kernels[0].warps[0].size() == 2);
        CHECK(error_of(path, true).find("k.traceg:") != std::string::npos);
    }
}

TEST_CASE("gaps in the grid are counted, a missing end is an error", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.grid = "(3,1,1)";
    const std::string warps = warp_text(0, {"0000 ffffffff 0 EXIT 0 0 0 "});
    const auto gap = folder.write("gap.traceg", header_text(h) + block_text("2,0,0", warps) + block_text("0,0,0", warps));
    CHECK(count_of(read_trace(gap).notes.anomalies, "thread block missing from the trace") == 1);
    CHECK(error_of(gap, true).find("1 of 3 thread blocks are missing") != std::string::npos);
    const auto end = folder.write("end.traceg", header_text(h) + block_text("0,0,0", warps) + block_text("1,0,0", warps));
    CHECK(error_of(end).find("the trace ends after 2 of 3 thread blocks") != std::string::npos);
}

TEST_CASE("an opcode without a row is counted per execution, and strict refuses it", "[accelsim]") {
    TestFolder folder;
    const auto path = folder.write("k.traceg", header_text() + block_text("0,0,0", warp_text(0, {"0000 ffffffff 1 R1 FROB.X 1 R2 0 0 ",
                                                                                                 "0000 0000ffff 1 R1 FROB.X 1 R2 0 0 ",
                                                                                                 "0010 ffffffff 0 EXIT 0 0 0 "})));
    const auto flat = read_trace(path);
    CHECK(count_of(flat.notes.unmodelled, "opcode without a row: FROB.X") == 2);
    CHECK_FALSE(flat.kernels[0].warps[0][0][0].code->known);
    CHECK(error_of(path, true).find("opcode without a row: FROB.X (sm_80)") != std::string::npos);
}

TEST_CASE("ungrouped traces: mixed blocks, doubled LDGSTS, cluster numbers in version 6", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.grid = "(2,1,1)";
    const std::string v5 =
        "1 0 0 0 0000 ffffffff 1 R1 MOV 0 0 0\n0 0 0 0 0000 ffffffff 1 R1 MOV 0 0 0\n"
        "1 0 0 0 0010 ffffffff 0 LDGSTS.E.128 2 R3 R4 16 1 0x40 16 0\n1 0 0 0 0010 ffffffff 0 LDGSTS.E.128 2 R3 R4 16 1 0x7000 16 0\n"
        "0 0 0 0 0020 ffffffff 0 EXIT 0 0 0\n1 0 0 0 0020 ffffffff 0 EXIT 0 0 0\n";
    const auto flat = read_trace(folder.write("k.trace.xz", xz(header_text(h) + v5)));
    CHECK(flat.kernels[0].blocks == std::vector<Dim3>{{0, 0, 0}, {1, 0, 0}});
    CHECK(flat.kernels[0].warps[0][0].size() == 2);
    REQUIRE(flat.kernels[0].warps[1][0].size() == 3);
    CHECK(flat.kernels[0].warps[1][0][1].addresses[0] == 0x7000);
    h.version = 6;
    h.grid = "(1,1,1)";
    const auto v6 = read_trace(folder.write("k.trace", header_text(h) + "0 0 0 0 0 0 0 0 0 0 0 0000 ffffffff 0 EXIT 0 0 0 0 NoVal\n"));
    CHECK(v6.kernels[0].instructions == 1);
    CHECK(error_of(folder.write("bad.trace", header_text(h) + "0 0 0 9 0 0 0 0 0 0 0 0000 ffffffff 0 EXIT 0 0 0 0 NoVal\n"))
              .find("bad.trace:16:1: warp 9") != std::string::npos);
}

TEST_CASE("kernel lists: copies, per-context names, other lines, compression", "[accelsim]") {
    TestFolder folder;
    const std::string text = header_text() + block_text("0,0,0", warp_text(0, {"0000 ffffffff 0 EXIT 0 0 0 "}));
    folder.write("kernel-1-ctx_0x55c28dad19e0.traceg", text);
    folder.write("kernel-2.traceg.xz", xz(text));
    folder.write("kernel-3.traceg.gz", gzip(text));
    folder.write("kernel-4.traceg.zst", zstd(text));
    folder.write(
        "kernelslist.g",
        "MemcpyHtoD,0x00007fb0fc400000,200000\r\nkernel-1-ctx_0x55c28dad19e0.traceg\nMemcpyDtoH,0x00007fb0fc400000,100\n\n# remark\n"
        "kernel-2.traceg.xz\nkernel-3.traceg.gz\nMemcpyHtoD,0x10,1\nkernel-4.traceg.zst\nMemcpyDtoH,0x1,1\n");
    auto workload = open_accelsim(folder.path());
    CHECK(workload->launches() == 4);
    CHECK(workload->digest().size() == 32);
    CHECK(workload->description() == folder.path().string());
    const auto flat = flatten(*workload);
    REQUIRE(flat.kernels.size() == 4);
    for (unsigned i = 0; i < 4; ++i) {
        CHECK(flat.kernels[i].instructions == 1);
        CHECK(flat.kernels[i].kernel->launch().id == i + 1);
    }
    CHECK(flat.copies == std::vector<std::pair<Address, Bytes>>{{0x7fb0fc400000, 200000}, {0x10, 1}});
    CHECK(count_of(flat.notes.unmodelled, "line of a kernel list: MemcpyDtoH") == 2);
    CHECK(read_trace(folder.path() / "kernelslist.g").digest == flat.digest);
    CHECK(read_trace(folder.path() / "kernel-2.traceg.xz").kernels.size() == 1);
    folder.write("kernel-3.traceg.gz", gzip(text + "\n"));
    CHECK(read_trace(folder.path()).digest != flat.digest);
}

// The container is written here after its description in frontend/trace/accelsim_tracez.hpp.
TEST_CASE("tracez: frames per warp found by the index", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.version = 6;
    h.architecture = 90;
    h.grid = "(2,1,1)";
    std::string file = header_text(h) + '\0';
    const auto u32 = [&](std::string& to, std::uint32_t v) { to.append(reinterpret_cast<const char*>(&v), 4); };
    const auto u64 = [&](std::string& to, std::uint64_t v) { to.append(reinterpret_cast<const char*>(&v), 8); };
    u32(file, 0); // no dictionary
    u32(file, 2048);
    std::string index;
    u32(index, 2);
    for (std::uint32_t b = 0; b < 2; ++b) {
        for (const std::uint32_t v : {b, 0U, 0U, 0U, 0U, 0U, b, 0U, 0U, b, 1U}) u32(index, v);
        u32(index, 3);
        u32(index, 2);
        u64(index, file.size());
        u32(index, 2);
        u32(index, 1);
        u32(file, 3);
        u32(file, 2);
        for (const std::string& text :
             {std::string("0000 ffffffff 1 R4 LDG.E 1 R2 4 1 0x100 4 0 0 NoVal\n0010 ffffffff 1 R1 MOV 0 0 0 0 NoVal"),
              std::string("0020 ffffffff 0 EXIT 0 0 0 0 NoVal\n")}) {
            const std::string frame = zstd(text);
            u32(file, static_cast<std::uint32_t>(frame.size()));
            file += frame;
        }
    }
    const std::uint64_t at = file.size();
    file += index;
    u64(file, at);
    const auto flat = read_trace(folder.write("k.tracez", file));
    const FlatKernel& kernel = flat.kernels.at(0);
    CHECK(kernel.kernel->launch().cluster == Dim3{2, 1, 1});
    CHECK(kernel.blocks == std::vector<Dim3>{{0, 0, 0}, {1, 0, 0}});
    REQUIRE(kernel.warps[1][0].size() == 3);
    CHECK(kernel.warps[1][0][0].addresses == stepped(0x100, 4, 32));
    for (const std::size_t keep : {file.size() - 1, file.size() - 30, at, file.size() / 2, std::size_t{100}}) {
        INFO(keep);
        CHECK_FALSE(error_of(folder.write("cut.tracez", file.substr(0, keep))).empty());
    }
    std::string wrong = file;
    wrong.replace(wrong.size() - 8, 8, std::string(8, '\xff'));
    CHECK(error_of(folder.write("wrong.tracez", wrong)).find("index") != std::string::npos);
}
