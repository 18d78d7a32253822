// Cubins put at addresses: what lies in memory and in code afterwards.
#include "frontend/cubin/loader.hpp"
#include "tests/frontend/cubin/cubin_fixture.hpp"

using namespace heddle;
using namespace heddle::cubin;
using namespace heddle::test;

namespace {

constexpr Address kCode = 0x7fa0'0000'0000, kGlobal = 0x7f12'3450'0000, kConstant = 0x7f98'0000'0000, kPrintf = 0x7fff'0000'1000;

Placement placement(std::vector<std::string>* asked = nullptr) {
    // By value: each load starts anew.
    return {[asked, code = kCode, global = kGlobal](const Section& section) mutable {
                if (asked) asked->push_back(section.name);
                if (section.role == SectionRole::Constant) return kConstant;
                Address& next = section.role == SectionRole::Text ? code : global;
                next = (next + section.alignment - 1) / section.alignment * section.alignment;
                return std::exchange(next, next + section.size);
            },
            [](const Symbol& symbol) { return symbol.name == "vprintf" ? std::optional(kPrintf) : std::nullopt; }};
}

std::uint64_t word(const LoadedSection& section, std::size_t offset) { return number_at<std::uint64_t>(section.data, offset); }

Address address_of(const Cubin& cubin, const LoadedImage& image, const char* name) {
    const Symbol* symbol = cubin.find_symbol(name);
    REQUIRE(symbol);
    return image.symbol_address[static_cast<std::size_t>(symbol - cubin.symbols().data())];
}

const LoadedSection& loaded(const Cubin& cubin, const LoadedImage& image, const char* name) {
    const Section* section = cubin.find_section(name);
    REQUIRE(section);
    const LoadedSection* found = image.find(static_cast<std::uint32_t>(section - cubin.sections().data()));
    REQUIRE(found);
    return *found;
}

} // namespace

TEST_CASE("pointers in initialised variables") {
    for (const char* file : {"features_sm80.cubin", "features_sm90a.cubin", "features_sm80_linked.cubin", "features_sm90_linked.cubin"}) {
        INFO(file);
        const Cubin cubin = open_cubin(file);
        const LoadedImage image = load(cubin, placement());
        const LoadedSection& data = loaded(cubin, image, ".nv.global.init");
        const auto value_of = [&](const char* name) { return word(data, address_of(cubin, image, name) - data.address); };
        CHECK(value_of("counter_pointer") == address_of(cubin, image, "counter"));
        // coefficients + 1, the copy of the bank in global memory.
        CHECK(value_of("constant_pointer") == kConstant + 4);
        CHECK(address_of(cubin, image, "coefficients") == kConstant);
        CHECK((value_of("counter") & 0xffffffff) == 7);
    }
}

TEST_CASE("function pointers: code addresses in linked images, places in a table in whole programs") {
    const Cubin linked = open_cubin("features_sm90_linked.cubin");
    const LoadedImage image = load(linked, placement());
    const LoadedSection& data = loaded(linked, image, ".nv.global.init");
    const std::size_t functions = address_of(linked, image, "functions") - data.address;
    CHECK(word(data, functions) == address_of(linked, image, "_Z9fibonaccii"));
    CHECK(word(data, functions + 8) == address_of(linked, image, "_Z6negatei"));
    CHECK(address_of(linked, image, "_Z9fibonaccii") >= kCode);

    const Cubin whole = open_cubin("features_sm90a.cubin");
    const LoadedImage placed = load(whole, placement());
    const std::size_t place = word(loaded(whole, placed, ".nv.global.init"), address_of(whole, placed, "functions") - kGlobal);
    const KernelImage& kernel = *whole.find_kernel("everything");
    const Section* table = whole.constant_bank(kernel, 2);
    REQUIRE(table);
    const std::uint64_t offset = number_at<std::uint64_t>(table->data, place); // of the function in the kernel's section
    const Symbol* function = whole.find_symbol("$everything$_Z9fibonaccii");
    REQUIRE(function);
    CHECK(offset == function->value);
}

TEST_CASE("the address table of a whole program") {
    const Cubin cubin = open_cubin("features_sm80.cubin");
    const LoadedImage image = load(cubin, placement());
    const LoadedSection& table = loaded(cubin, image, ".nv.constant4");
    CHECK(table.address == 0);
    CHECK(word(table, 0x00) == kPrintf);
    CHECK(word(table, 0x08) == address_of(cubin, image, "counter"));
    CHECK(word(table, 0x10) == address_of(cubin, image, "scratch"));
    CHECK(word(table, 0x38) == address_of(cubin, image, "$str"));
    CHECK(address_of(cubin, image, "vprintf") == kPrintf);
}

TEST_CASE("code of a linked image holds addresses") {
    const Cubin cubin = open_cubin("features_sm90_linked.cubin");
    const LoadedImage image = load(cubin, placement());
    const LoadedSection& text = loaded(cubin, image, ".text.everything");
    const Section& before = *cubin.find_section(".text.everything");
    CHECK(text.data.size() == before.size);
    // MOV or UMOV at 0xd0 and 0x180: scratch; at 0x610 and 0x630: the return address behind the call of vprintf.
    const Address scratch = address_of(cubin, image, "scratch");
    CHECK(word(text, 0x0d0) >> 32 == (scratch & 0xffffffff));
    CHECK(word(text, 0x180) >> 32 == scratch >> 32);
    const Address back = text.address + 0x660;
    CHECK(word(text, 0x610) >> 32 == (back & 0xffffffff));
    CHECK(word(text, 0x630) >> 32 == back >> 32);
    CHECK(field(RelocationKind::CallTarget55, std::span(text.data).subspan(0x650)) == static_cast<std::int64_t>(kPrintf));
    // Nothing else changed.
    for (std::size_t at = 0; at < before.size; at += 16) {
        const bool open = std::ranges::any_of(before.relocations, [&](const Relocation& r) { return r.offset == at; });
        if (!open) CHECK(std::memcmp(text.data.data() + at, before.data.data() + at, 16) == 0);
    }
}

TEST_CASE("sections are asked for once, and only those that need an address") {
    const Cubin cubin = open_cubin("features_sm90_linked.cubin");
    std::vector<std::string> asked;
    const LoadedImage image = load(cubin, placement(&asked));
    CHECK(asked == std::vector<std::string>{".nv.constant3", ".text._Z4fillIdEvPT_S0_", ".text._Z4fillIiEvPT_S0_", ".text._Z9fibonaccii",
                                            ".text._Z6negatei", ".text.everything", ".nv.global.init", ".nv.global"});
    CHECK(loaded(cubin, image, ".nv.global").data.empty());
    CHECK(loaded(cubin, image, ".nv.constant0.everything").data.size() == 0x234);
    CHECK(image.find(0) == nullptr);
    CHECK(image.find(1000) == nullptr);
}

TEST_CASE("missing symbols are reported together, with their first use") {
    const Cubin cubin = open_cubin("features_sm90_linked.cubin");
    Placement nothing = placement();
    nothing.undefined_address = [](const Symbol&) -> std::optional<Address> { return std::nullopt; };
    CHECK_THAT(error_of([&] { load(cubin, nothing); }),
               Catch::Contains("features_sm90_linked.cubin: vprintf is undefined; it is used at .text.everything+0x650"));
    nothing.undefined_address = nullptr;
    CHECK_THAT(error_of([&] { load(cubin, nothing); }), Catch::Contains("vprintf is undefined"));
}

TEST_CASE("an address that does not fit names its place") {
    const Cubin cubin = open_cubin("features_sm80_linked.cubin");
    Placement far = placement();
    far.undefined_address = [](const Symbol&) { return std::optional<Address>(1ULL << 50); };
    CHECK_THAT(error_of([&] { load(cubin, far); }), Catch::Contains(".text.everything+0x") && Catch::Contains("does not fit"));
}

TEST_CASE("relocatable images must be linked first") {
    CHECK_THAT(error_of([] { load(open_cubin("features_sm90_relocatable.cubin"), placement()); }),
               Catch::Contains("relocatable image") && Catch::Contains("-dlink"));
}
