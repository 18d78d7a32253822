// Input that cannot be used: each finding names file, line and what is wrong.
#include "tests/frontend/trace/accelsim_fixture.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

// A kernel of one block of two warps; instruction lines begin at line 22.
std::string good_trace() {
    HeaderText h;
    h.block = "(64,1,1)";
    return header_text(h) +
           block_text("0,0,0", warp_text(0, {"0000 ffffffff 1 R4 LDG.E 1 R2 4 1 0x100 4 0 ",
                                             "0010 00000003 1 R5 LDG.E 1 R2 4 2 0x100 40 0 ", "0020 ffffffff 0 EXIT 0 0 0 "}) +
                                   warp_text(1, {"0000 0000000f 1 R4 LDG.E 1 R2 4 0 0x1 0x2 0x8 0x9 0 ", "0020 ffffffff 0 EXIT 0 0 0 "}));
}

} // namespace

TEST_CASE("the trace that the cases below spoil is good", "[accelsim]") {
    TestFolder folder;
    CHECK(error_of(folder.write("k.traceg", good_trace()), true).empty());
}

TEST_CASE("spoilt kernel traces are refused at the right place", "[accelsim]") {
    struct Case {
        const char *from, *to, *message;
    };
    const Case cases[] = {
        // header
        {"-grid dim = (1,1,1)\n", "", "k.traceg:15:1: the header has no line \"-grid dim = (x,y,z)\""},
        {"-block dim = (64,1,1)\n", "", "the header has no line \"-block dim"},
        {"-binary version = 80\n", "", "the header has no line \"-binary version"},
        {"(1,1,1)", "(1,1)", "k.traceg:3:12: -grid dim needs three numbers"},
        {"(1,1,1)", "(4000000000,4000000000,4000000000)", "-grid dim = (4000000000,4000000000,4000000000) is outside"},
        {"(1,1,1)", "(0,1,1)", "is outside"},
        {"(1,1,1)", "(99999999999999999999,1,1)", "needs three numbers"},
        {"(64,1,1)", "(1024,1024,1)", "a thread block of 1048576 threads"},
        {"-nregs = 32", "-nregs = 9999", "k.traceg:6:9: -nregs = 9999 is more than 255"},
        {"-nregs = 32", "-nregs = many", "\"many\" is not a number (-nregs)"},
        {"-shmem = 1024", "-shmem = 9000000000000000000", "is more than 1048576"},
        {"-binary version = 80", "-binary version = 61", "k.traceg:7:18: binary version 61 is not supported - supported: 70, 72, 75, 80"},
        {"-accelsim tracer version = 5", "-accelsim tracer version = 7",
         "k.traceg:12:27: tracer version 7 is not supported - supported: 1 to 6"},
        // structure
        {"#BEGIN_TB", "#BEGIN_T", "expected 4 numbers that say thread block and warp - or is #BEGIN_TB missing?"},
        {"#END_TB", "#END_T", "the file ends inside thread block (0,0,0), warp 1, after 2 instructions of 2"},
        {"#END_TB", "#BEGIN_TB", "#BEGIN_TB inside thread block (0,0,0)"},
        {"#END_TB", "#END_TB\n#END_TB", "k.traceg:32:1: #END_TB without #BEGIN_TB"},
        {"#END_TB", "#END_TB\njunk", "k.traceg:32:1: unexpected text outside a thread block"},
        {"thread block = 0,0,0\n", "", "k.traceg:19:1: expected \"thread block = x,y,z\""},
        {"thread block = 0,0,0", "thread block = 1,0,0", "k.traceg:18:1: thread block (1,0,0) lies outside the grid (1,1,1)"},
        {"thread block = 0,0,0", "thread block = 0,0", "a thread block needs three numbers"},
        {"warp = 1", "warp = 2", "warp 2 of thread block (0,0,0), which has 2 warps"},
        {"warp = 1", "warp = 0", "warp 0 of thread block (0,0,0) comes a second time"},
        {"warp = 1", "warp = x", "\"x\" is not a warp number"},
        {"insts = 3", "insts = 9000000000000000000", "ends after 3 instructions; insts = 9000000000000000000 - is the file truncated?"},
        {"insts = 3", "insts = 2", "k.traceg:24:1: warp 0 has more instructions than insts = 2"},
        {"insts = 3", "insts = 99999999999999999999", "is not a number of instructions"},
        {"warp = 0\n", "", "\"insts\" without \"warp\" before it"},
        // instructions
        {"0000 ffffffff 1 R4 LDG.E", "zzzz ffffffff 1 R4 LDG.E", "k.traceg:22:1: "},
        {"0000 ffffffff 1 R4 LDG.E", "000000000 ffffffff 1 R4 LDG.E", "k.traceg:22:1: expected a PC in hexadecimal"},
        {"0000 ffffffff 1 R4 LDG.E", "0000 ffffffffff 1 R4 LDG.E", "k.traceg:22:6: expected a lane mask in hexadecimal"},
        {"0000 ffffffff 1 R4 LDG.E", "0000 ffffffff 9 R4 LDG.E", "9 registers; at most 4 are possible"},
        {"1 R4 LDG.E", "1 R256 LDG.E", "k.traceg:22:17: \"R256\" is not a register"},
        {"1 R4 LDG.E", "1 X4 LDG.E", "\"X4\" is not a register"},
        {"1 R4 LDG.E", "1 R4 0LDG.E", "\"0LDG.E\" is not an opcode"},
        {"1 R4 LDG.E 1 R2 4 1", "1 R4 LDG.E 1 R2 -4 1", "-4 is no memory width"},
        {"4 1 0x100 4 0", "4 7 0x100 4 0", "address mode 7 is not known - 0, 1 and 2 are"},
        {"4 1 0x100 4 0", "4", "addresses are missing: 32 lanes are active, 0 found"},
        {"4 1 0x100 4 0", "0 0", "k.traceg:22:35: the addresses of LDG.E are missing although 32 lanes are active"},
        {"4 1 0x100 4 0", "4 1 0x100", "the stride is missing"},
        {"4 1 0x100 4 0", "4 1 0x100 4", "the immediate at the end is missing"},
        {"4 1 0x100 4 0", "4 1 0x100 4 0 0", "unexpected text behind the instruction"},
        {"4 1 0x100 4 0", "4 1 100 4 0", "addresses are missing: 32 lanes are active, 0 found"},
        {"4 1 0x100 4 0", "4 1 0x11112222333344445 4 0", "expected a base address in hexadecimal"},
        {"4 2 0x100 40 0", "4 2 0x100 0", "the immediate at the end is missing - are addresses missing?"},
        {"4 0 0x1 0x2 0x8 0x9 0", "4 0 0x1 0x2 0x8 0", "k.traceg:28:47: addresses are missing: 4 lanes are active, 3 found"},
        {"0020 ffffffff 0 EXIT 0 0 0 ", "0020 ffffffff 0 EXIT 0 0 0 junk", "unexpected text behind the instruction"},
        {"0020 ffffffff 0 EXIT 0 0 0 ", "0020", "expected a lane mask"},
    };
    TestFolder folder;
    for (const Case& c : cases) {
        INFO(c.from << " -> " << c.to);
        const std::string error = error_of(folder.write("k.traceg", replaced(good_trace(), c.from, c.to)));
        INFO(error);
        CHECK(error.find(c.message) != std::string::npos);
        CHECK(error.find("k.traceg:") != std::string::npos);
    }
}

TEST_CASE("a missing warp is named", "[accelsim]") {
    TestFolder folder;
    std::string text = good_trace();
    text.erase(text.find("warp = 1"), text.find("#END_TB") - text.find("warp = 1"));
    const std::string error = error_of(folder.write("k.traceg", text));
    CHECK(error.find("k.traceg:26:1: warp 1 of thread block (0,0,0) is missing: the trace has 1 of its 2 warps") != std::string::npos);
}

TEST_CASE("a block that comes twice is named", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.grid = "(4,1,1)";
    const std::string warps = warp_text(0, {"0000 ffffffff 0 EXIT 0 0 0 "});
    std::string text = header_text(h);
    for (const char* block : {"2,0,0", "0,0,0", "1,0,0", "3,0,0", "1,0,0"}) text += block_text(block, warps);
    CHECK(error_of(folder.write("k.traceg", text)).find("thread block (1,0,0) comes a second time") != std::string::npos);
}

TEST_CASE("truncated anywhere, a trace is refused", "[accelsim]") {
    TestFolder folder;
    const std::string text = good_trace();
    const std::size_t last = text.find("#END_TB") + 7;
    for (std::size_t keep = 0; keep < last; ++keep) {
        INFO(keep);
        REQUIRE_FALSE(error_of(folder.write("k.traceg", text.substr(0, keep))).empty());
    }
    CHECK(error_of(folder.write("k.traceg", text.substr(0, last))).empty());
    CHECK(error_of(folder.write("k.traceg.xz", xz(text).substr(0, 200))).find("truncated") != std::string::npos);
}

TEST_CASE("version and lines must fit", "[accelsim]") {
    TestFolder folder;
    // Lines of version 5 under a header of version 3: immediates where none may be.
    const std::string five_as_three = replaced(good_trace(), "tracer version = 5", "tracer version = 3");
    CHECK(error_of(folder.write("k.traceg", five_as_three)).find("does the tracer version of the header fit the lines?") !=
          std::string::npos);
    const std::string five_as_two = replaced(good_trace(), "tracer version = 5", "tracer version = 2");
    CHECK(error_of(folder.write("k.traceg", five_as_two)).find("expected 4 numbers") != std::string::npos);
    const std::string five_as_six = replaced(good_trace(), "0020 ffffffff 0 EXIT 0 0 0 ", "0020 ffffffff 0 EXIT 0 0 0 0 Maybe");
    CHECK_FALSE(error_of(folder.write("k.traceg", replaced(five_as_six, "tracer version = 5", "tracer version = 6"))).empty());
}

TEST_CASE("all findings of a kernel list at once, each with its line", "[accelsim]") {
    TestFolder folder;
    folder.write("kernel-1.traceg", good_trace());
    folder.write("kernel-2.traceg.xz", good_trace());
    folder.write("kernelslist.g",
                 "MemcpyHtoD,0x10\nkernel-1.traceg\nkernel-9.traceg\nMemcpyHtoD,zz,5\nkernel-2.traceg.xz\nMemcpyHtoD,0x10,0x5g\n");
    try {
        open_accelsim(folder.path());
        FAIL("no error");
    } catch (const UserError& error) {
        REQUIRE(error.findings().size() == 5);
        const std::uint64_t lines[] = {1, 3, 4, 5, 6};
        for (unsigned i = 0; i < 5; ++i) {
            CHECK(error.findings()[i].line == lines[i]);
            CHECK(error.findings()[i].file == (folder.path() / "kernelslist.g").string());
        }
        CHECK(error.findings()[1].what.find("kernel-9.traceg: no such file") != std::string::npos);
        CHECK(error.findings()[3].what.find("the content is plain text, but the name says xz") != std::string::npos);
    }
}

TEST_CASE("paths that hold no trace", "[accelsim]") {
    TestFolder folder;
    CHECK(error_of(folder.path() / "absent").find("no such file or directory") != std::string::npos);
    CHECK(error_of(folder.path()).find("has no kernelslist.g") != std::string::npos);
    CHECK(error_of(folder.write("kernelslist.g", "# nothing\n")).find("names no kernel") != std::string::npos);
    CHECK(error_of(folder.write("kernelslist.g", std::string("\0\1\2kernel", 9))).find("not text") != std::string::npos);
    CHECK(error_of(folder.write("empty.traceg", "")).find("the file is empty") != std::string::npos);
    CHECK(error_of(folder.write("noise.traceg", std::string("\x7f"
                                                            "ELF\2\1\0\0\0",
                                                            9)))
              .find("the header has no line") != std::string::npos);
    std::filesystem::create_directory(folder.path() / "two");
    folder.write("two/kernelslist_ctx_0x1.g", "kernel\n");
    folder.write("two/kernelslist_ctx_0x2.g", "kernel\n");
    CHECK(error_of(folder.path() / "two").find("has 2 kernel lists") != std::string::npos);
}

TEST_CASE("absurd numbers neither allocate nor hang", "[accelsim]") {
    TestFolder folder;
    HeaderText h;
    h.grid = "(2147483647,65535,65535)";
    const std::string text = header_text(h) + block_text("2147483646,65534,65534", warp_text(0, {"fffffff0 ffffffff 0 EXIT 0 0 0 "}));
    const auto flat = read_trace(folder.write("k.traceg", text)); // gaps before the block: counted
    CHECK(flat.kernels[0].instructions == 1);
    CHECK(count_of(flat.notes.anomalies, "thread block missing from the trace") == 2147483647ULL * 65535 * 65535 - 1);
    std::string many = header_text();
    many += "#BEGIN_TB\nthread block = 0,0,0\nwarp = 0\n";
    for (unsigned i = 0; i < 2000; ++i) many += "0000 ffffffff 1 R1 MOV 0 0 " + std::to_string(i) + " \n";
    CHECK(error_of(folder.write("m.traceg", many + "#END_TB\n")).find("more than 1024 different instructions at PC 0x0") !=
          std::string::npos);
}
