#include "frontend/isa/opcode_table.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace heddle;

TEST_CASE("every mnemonic of the committed list has a row on its architecture", "[opcode_table]") {
    std::ifstream file(HEDDLE_SOURCE_DIR "/tests/frontend/isa/opcodes.txt");
    REQUIRE(file);
    std::string line;
    unsigned names = 0;
    std::set<unsigned> architectures;
    while (std::getline(file, line)) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        unsigned architecture = 0;
        char colon = 0;
        REQUIRE(words >> architecture >> colon);
        architectures.insert(architecture);
        for (std::string name; words >> name; ++names) {
            INFO("sm_" << architecture << " " << name);
            CHECK(find(architecture, name) != nullptr);
        }
    }
    CHECK(names > 500);
    CHECK(architectures == std::set<unsigned>{70, 75, 80, 86, 89, 90, 100, 120});
}

TEST_CASE("rows are sorted, and no two of a name hold for one architecture", "[opcode_table]") {
    const auto rows = opcode_rows();
    for (std::size_t i = 1; i < rows.size(); ++i) {
        INFO(rows[i].mnemonic);
        REQUIRE(rows[i - 1].mnemonic <= rows[i].mnemonic);
        if (rows[i - 1].mnemonic == rows[i].mnemonic) CHECK(rows[i - 1].last_architecture < rows[i].first_architecture);
    }
}

TEST_CASE("a row for a modifier goes before the row of the base", "[opcode_table]") {
    CHECK(find(80, "IMAD.WIDE.U32")->latency_class == LatencyClass::IntegerMadWide);
    CHECK(find(80, "IMAD.HI.U32")->latency_class == LatencyClass::IntegerMadWide);
    CHECK(find(80, "IMAD.MOV.U32")->latency_class == LatencyClass::IntegerMad);
    CHECK(find(80, "HFMA2.MMA")->pipe == Pipe::Fma);
    CHECK(find(80, "HFMA2.BF16_V2")->pipe == Pipe::Fp16);
    CHECK(find(90, "WARPGROUP.DEPBAR.LE")->behaviour == Behaviour::AsyncWait);
    CHECK(find(90, "WARPGROUP.ARRIVE")->behaviour == Behaviour::Arithmetic);
}

TEST_CASE("what an architecture does not have is not found", "[opcode_table]") {
    CHECK(find(70, "LDGSTS.E.128") == nullptr);
    CHECK(find(80, "LDGSTS.E.128") != nullptr);
    CHECK(find(70, "ULDC") == nullptr);
    CHECK(find(80, "HGMMA.64x64x16.F32") == nullptr);
    CHECK(find(90, "HGMMA.64x64x16.F32") != nullptr);
    CHECK(find(100, "HGMMA.64x64x16.F32") == nullptr);
    CHECK(find(90, "UTCHMMA") == nullptr);
    CHECK(find(80, "FOO.BAR") == nullptr);
    CHECK(find(80, "") == nullptr);
    CHECK(find(80, ".") == nullptr);
    CHECK(find(80, "LD.") == find(80, "LD"));
}

TEST_CASE("pipes follow the vendor's description of each instruction", "[opcode_table]") {
    const auto pipe = [](const char* name) { return find(90, name)->pipe; };
    CHECK(pipe("IADD3") == Pipe::Alu);
    CHECK(pipe("FMNMX") == Pipe::Alu);
    CHECK(pipe("IMAD") == Pipe::Fma);
    CHECK(pipe("DFMA") == Pipe::Fp64);
    CHECK(pipe("MUFU") == Pipe::Xu);
    CHECK(pipe("HMMA") == Pipe::Tensor);
    CHECK(pipe("SHFL") == Pipe::Lsu);
    CHECK(pipe("UTMALDG") == Pipe::Tma);
    CHECK(pipe("UIADD3") == Pipe::Uniform);
    CHECK(pipe("BRA") == Pipe::Cbu);
    CHECK(pipe("BAR") == Pipe::Adu);
}
