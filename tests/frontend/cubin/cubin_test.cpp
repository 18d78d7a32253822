// What is read from cubins that ptxas and nvlink made of the kernels in traces/cubins.
#include "tests/frontend/cubin/cubin_fixture.hpp"

#include <algorithm>
#include <map>

using namespace heddle;
using namespace heddle::cubin;
using namespace heddle::test;

namespace {

std::vector<std::vector<std::uint32_t>> parameters_of(const KernelImage& kernel) {
    std::vector<std::vector<std::uint32_t>> list;
    for (const Parameter& parameter : kernel.parameters) list.push_back({parameter.ordinal, parameter.offset, parameter.size});
    return list;
}

const KernelImage& kernel_of(const Cubin& cubin, const char* name) {
    const KernelImage* kernel = cubin.find_kernel(name);
    REQUIRE(kernel);
    return *kernel;
}

} // namespace

TEST_CASE("the target of an image") {
    struct Case {
        const char* file;
        unsigned architecture;
        bool accelerated, relocatable;
        std::size_t kernels;
    };
    for (const Case& c : {Case{"vector_add_sm80.cubin", 80, false, false, 1}, Case{"vector_add_sm90a.cubin", 90, true, false, 1},
                          Case{"features_sm80.cubin", 80, false, false, 3}, Case{"features_sm90a.cubin", 90, true, false, 3},
                          Case{"features_sm80_linked.cubin", 80, false, false, 3}, Case{"features_sm90_linked.cubin", 90, false, false, 3},
                          Case{"features_sm90_relocatable.cubin", 90, false, true, 3}, Case{"cluster_sm90.cubin", 90, false, false, 5}}) {
        INFO(c.file);
        const Cubin cubin = open_cubin(c.file);
        CHECK(cubin.architecture() == c.architecture);
        CHECK(cubin.accelerated() == c.accelerated);
        CHECK(cubin.relocatable() == c.relocatable);
        CHECK(cubin.kernels().size() == c.kernels);
        CHECK(cubin.toolkit() == 130);
        CHECK(cubin.name() == c.file);
        CHECK(cubin.bytes().size() == cubin_bytes(c.file).size());
    }
}

TEST_CASE("targets of CUDA 11 and 12 have another layout of e_flags") {
    Blob bytes = cubin_bytes("vector_add_sm80.cubin");
    bytes[8] = std::byte{7};
    put<std::uint32_t>(bytes, 48, 0x00560556); // sm_86
    CHECK(Cubin::parse(bytes, "a").architecture() == 86);
    CHECK_FALSE(Cubin::parse(bytes, "a").accelerated());
    put<std::uint32_t>(bytes, 48, 0x005a0d5a); // sm_90a
    CHECK(Cubin::parse(bytes, "a").architecture() == 90);
    CHECK(Cubin::parse(bytes, "a").accelerated());
}

TEST_CASE("a whole program of one kernel") {
    const Cubin cubin = open_cubin("vector_add_sm80.cubin");
    const KernelImage& kernel = kernel_of(cubin, "vector_add");
    CHECK(parameters_of(kernel) == std::vector<std::vector<std::uint32_t>>{{0, 0, 8}, {1, 8, 8}, {2, 16, 8}, {3, 24, 4}});
    CHECK(kernel.parameter_base == 0x160);
    CHECK(kernel.parameter_bytes == 28);
    CHECK(kernel.registers == 12);
    CHECK(kernel.static_shared == 0);
    CHECK(kernel.reserved_shared == 0);
    CHECK(kernel.barriers == 0);
    CHECK(kernel.stack_bytes == 0);
    CHECK(kernel.entry == 0);
    CHECK(kernel.code_bytes == cubin.sections()[kernel.section].size);
    CHECK_FALSE(kernel.max_block);
    CHECK_FALSE(kernel.cluster);
    // The code ends as the attribute says: an EXIT (opcode 94d) at each offset.
    const auto code = cubin.code(cubin.symbols()[kernel.symbol]);
    REQUIRE(kernel.exit_offsets.size() == 2);
    for (const std::uint32_t offset : kernel.exit_offsets) CHECK((number_at<std::uint64_t>(code, offset) & 0xfff) == 0x94d);
    CHECK(cubin.find_kernel("vector_ad") == nullptr);
    CHECK(cubin.find_kernel("vector_addx") == nullptr);
    CHECK(cubin.undefined_uses().empty());
}

TEST_CASE("kernels of a program with everything") {
    struct Case {
        const char* file;
        std::uint32_t reserved, base, frame, stack;
        bool stack_unknown;
    };
    for (const Case& c :
         {Case{"features_sm80.cubin", 0, 0x160, 8, 8, false}, Case{"features_sm90a.cubin", 0x400, 0x210, 8, 8, false},
          Case{"features_sm80_linked.cubin", 0, 0x160, 8, 8, true}, Case{"features_sm90_linked.cubin", 0x400, 0x210, 8, 8, true},
          Case{"features_sm90_relocatable.cubin", 0x400, 0x210, 8, 8, false}}) {
        INFO(c.file);
        const Cubin cubin = open_cubin(c.file);
        const KernelImage& kernel = kernel_of(cubin, "everything");
        CHECK(parameters_of(kernel) == std::vector<std::vector<std::uint32_t>>{{0, 0, 1}, {1, 8, 16}, {2, 24, 8}, {3, 32, 4}});
        CHECK(kernel.parameter_base == c.base);
        CHECK(kernel.parameter_bytes == 36);
        CHECK(kernel.registers == 24);
        CHECK(kernel.static_shared == 128);
        CHECK(kernel.reserved_shared == c.reserved);
        CHECK(kernel.barriers == 1);
        CHECK(kernel.frame_bytes == c.frame);
        CHECK(kernel.stack_bytes == c.stack);
        CHECK(kernel.stack_unknown == c.stack_unknown);
        REQUIRE(kernel.max_block);
        CHECK(*kernel.max_block == Dim3{128, 1, 1});
        CHECK_FALSE(kernel.required_block);
        REQUIRE(kernel.externs.size() == 1);
        CHECK(cubin.symbols()[kernel.externs[0]].name == "vprintf");
        // ptxas lists the calls in whole programs only.
        REQUIRE(kernel.syscall_offsets.size() == (std::string(c.file).size() > 21 ? 0 : 1));
        for (const std::uint32_t offset : kernel.syscall_offsets) // CALL.ABS
            CHECK((number_at<std::uint64_t>(cubin.sections()[kernel.section].data, offset) & 0x1ff) == 0x143);

        const Section* bank = cubin.constant_bank(kernel, 0);
        REQUIRE(bank);
        CHECK(bank->size == c.base + 36);
        CHECK(bank->owner == "everything");
        bank = cubin.constant_bank(kernel, 3);
        REQUIRE(bank);
        CHECK(bank->owner.empty());
        CHECK(number_at<float>(bank->data, 4) == 0.5f);
        CHECK(cubin.constant_bank(kernel, 5) == nullptr);
    }
}

TEST_CASE("launch limits, clusters and unusual parameters") {
    const Cubin cubin = open_cubin("cluster_sm90.cubin");
    const KernelImage& clustered = kernel_of(cubin, "clustered");
    REQUIRE(clustered.cluster);
    CHECK(*clustered.cluster == Dim3{2, 1, 1});
    CHECK(clustered.needs_cluster);
    CHECK_FALSE(clustered.grid_in_clusters);
    const KernelImage& counts = kernel_of(cubin, "counts_clusters");
    REQUIRE((counts.cluster && counts.required_block));
    CHECK(*counts.cluster == Dim3{2, 1, 1});
    CHECK(*counts.required_block == Dim3{8, 4, 2});
    CHECK(counts.grid_in_clusters);
    const KernelImage& bounded = kernel_of(cubin, "bounded");
    REQUIRE((bounded.max_block && bounded.max_cluster_ctas));
    CHECK(bounded.max_block->volume() == 256);
    CHECK(*bounded.max_cluster_ctas == 4);
    CHECK_FALSE(bounded.cluster);
    // More than 4 KiB of parameters, and one that is aligned within the bank, not within the parameter area.
    CHECK(parameters_of(kernel_of(cubin, "large_parameter")) ==
          std::vector<std::vector<std::uint32_t>>{{0, 0, 1}, {1, 4, 4400}, {2, 4408, 8}});
    const KernelImage& aligned = kernel_of(cubin, "aligned_parameter");
    CHECK(parameters_of(aligned) == std::vector<std::vector<std::uint32_t>>{{0, 0, 4}, {1, 48, 64}, {2, 112, 1}});
    CHECK((aligned.parameter_base + aligned.parameters[1].offset) % 64 == 0);
    CHECK(aligned.barriers == 6); // bar.sync 5
}

TEST_CASE("variables and functions") {
    const Cubin cubin = open_cubin("features_sm90_linked.cubin");
    const auto symbol = [&](const char* name) {
        const Symbol* found = cubin.find_symbol(name);
        REQUIRE(found);
        return *found;
    };
    const auto home = [&](const Symbol& s) { return cubin.sections()[static_cast<std::size_t>(s.section)]; };
    CHECK(symbol("counter").kind == SymbolKind::Object);
    CHECK(home(symbol("counter")).name == ".nv.global.init");
    CHECK(home(symbol("counter")).role == SectionRole::Global);
    CHECK(number_at<std::int32_t>(home(symbol("counter")).data, symbol("counter").value) == 7);
    CHECK_FALSE(symbol("counter").managed);
    CHECK(symbol("managed_counter").managed);
    CHECK(symbol("scratch").size == 4000);
    CHECK(home(symbol("scratch")).data.empty());
    CHECK(home(symbol("scratch")).size == 4000);
    CHECK(home(symbol("coefficients")).role == SectionRole::Constant);
    CHECK(home(symbol("coefficients")).bank == 3);
    CHECK(symbol("vprintf").kind == SymbolKind::Undefined);
    CHECK(symbol("vprintf").section == -1);
    CHECK(symbol("everything").kind == SymbolKind::Kernel);
    CHECK(symbol("_Z6negatei").kind == SymbolKind::Function);
    CHECK(cubin.code(symbol("_Z6negatei")).size() == 256);
    CHECK(symbol(".nv.reservedSmem.offset0").weak == false);
    CHECK(cubin.find_symbol("absent") == nullptr);
    CHECK(cubin.find_section(".nv.shared.everything")->role == SectionRole::Shared);
    CHECK(cubin.find_section(".text.everything")->owner == "everything");
    CHECK(cubin.find_section(".symtab")->role == SectionRole::Other);
    CHECK(cubin.find_section("absent") == nullptr);
}

TEST_CASE("relocations and the uses of undefined symbols") {
    const Cubin linked = open_cubin("features_sm90_linked.cubin");
    const Section& text = *linked.find_section(".text.everything");
    REQUIRE(text.relocations.size() == 20);
    CHECK(std::ranges::is_sorted(text.relocations, {}, &Relocation::offset));
    const Relocation& back = text.relocations[8];
    CHECK(back.offset == 0x3e0);
    CHECK(back.kind == RelocationKind::ImmediateLow);
    CHECK(linked.symbols()[back.symbol].name == "everything");
    CHECK(back.addend == 0x440);
    const auto uses = linked.undefined_uses();
    REQUIRE(uses.size() == 1);
    CHECK(linked.symbols()[uses[0].symbol].name == "vprintf");
    CHECK(linked.sections()[uses[0].section].name == ".text.everything");
    CHECK(uses[0].offset == 0x650);

    // A whole program reaches vprintf through its table of addresses, constant bank 4.
    const Cubin whole = open_cubin("features_sm80.cubin");
    REQUIRE(whole.undefined_uses().size() == 1);
    CHECK(whole.sections()[whole.undefined_uses()[0].section].name == ".nv.constant4");

    const Cubin open = open_cubin("features_sm90_relocatable.cubin");
    std::map<std::string, int> names;
    for (const UndefinedUse& use : open.undefined_uses()) ++names[open.symbols()[use.symbol].name];
    CHECK(names["dynamic"] == 1);
    CHECK(names["vprintf"] == 1);
}

TEST_CASE("copies of a Cubin share what spans point to") {
    std::optional<Cubin> first = open_cubin("vector_add_sm90a.cubin");
    const Cubin second = *first;
    const std::byte* data = second.find_section(".text.vector_add")->data.data();
    first.reset();
    CHECK(second.find_section(".text.vector_add")->data.data() == data);
    CHECK(second.kernels()[0].registers > 0);
}

TEST_CASE("describe() names what a person asks for") {
    const std::string text = describe(open_cubin("features_sm90_linked.cubin"));
    for (const char* part :
         {"sm_90, CUDA 13.0, 3 kernels", "kernel everything", "registers 24, barriers 1", "shared 128 bytes behind 1024 reserved",
          "stack 8 bytes or more", "block at most 128 threads", "parameters 36 bytes at 0x210: 0+1, 8+16, 24+8, 32+4",
          "constant coefficients 16 bytes", "managed managed_counter 4 bytes", "undefined vprintf, used 1 time"})
        CHECK_THAT(text, Catch::Contains(part));
    CHECK_THAT(describe(open_cubin("cluster_sm90.cubin")), Catch::Contains("cluster 2 x 1 x 1, the grid counts clusters"));
    CHECK_THAT(describe(open_cubin("features_sm90_relocatable.cubin")), Catch::Contains("sm_90, relocatable"));
}
