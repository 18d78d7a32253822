// Fuzz target: cubins, fat binaries and host programs with fat binaries.
//
// An input that begins with the signature of an ELF file or a fat binary is a whole file. Any other input damages a sound
// file: its first byte says which, then each 8 bytes are a patch (area, how, u16 position, u32 value). Areas are the parts of a
// file that say what it means (headers, section headers, symbols, relocations, attributes): random positions would mostly hit code.
#include "frontend/cubin/elf.hpp"
#include "frontend/cubin/fatbin.hpp"
#include "frontend/cubin/loader.hpp"
#include "sim/base/error.hpp"
#include "tests/fuzz/damaged_cubin.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cstring>

namespace heddle::fuzz {

using namespace cubin;

namespace {

bool worth_damaging(const ElfSection& section) {
    return section.type == elf::kSymbolTable || section.type == elf::kStringTable || section.type == elf::kRel ||
           section.type == elf::kRela || section.name.starts_with(".nv.info") || section.name.starts_with(".nv.global") ||
           section.name == ".nv.compat";
}

// A host program around a fat binary: ELF header, the section's content, names, section headers.
Blob host_program(const Blob& fatbin) {
    constexpr std::string_view kNames("\0.nv_fatbin\0.shstrtab\0", 22);
    Blob file(64);
    const auto put = [&](std::size_t at, auto value) { std::memcpy(file.data() + at, &value, sizeof value); };
    file.insert(file.end(), fatbin.begin(), fatbin.end());
    const std::size_t names = file.size();
    for (const char c : kNames) file.push_back(std::byte(c));
    const std::size_t headers = file.size();
    file.resize(headers + 3 * 64);
    std::memcpy(file.data(), "\x7f\x45\x4c\x46\2\1\1", 7);
    put(18, std::uint16_t{62});
    put(40, std::uint64_t{headers});
    put(58, std::uint16_t{64});
    put(60, std::uint16_t{3});
    put(62, std::uint16_t{2});
    const auto section = [&](std::size_t index, std::uint32_t name, std::uint32_t type, std::size_t offset, std::size_t size) {
        put(headers + index * 64, name);
        put(headers + index * 64 + 4, type);
        put(headers + index * 64 + 24, std::uint64_t{offset});
        put(headers + index * 64 + 32, std::uint64_t{size});
    };
    section(1, 1, 1, 64, fatbin.size());
    section(2, 12, elf::kStringTable, names, kNames.size());
    return file;
}

const std::vector<Sound>& sounds() {
    static const std::vector<Sound> made = [] {
        std::vector<Sound> list;
        const std::string folder = std::string(HEDDLE_SOURCE_DIR) + "/traces/cubins/";
        for (const char* name : {"vector_add_sm80.cubin", "vector_add_sm90a.cubin", "features_sm80.cubin", "features_sm90a.cubin",
                                 "features_sm80_linked.cubin", "features_sm90_linked.cubin", "features_sm90_relocatable.cubin",
                                 "cluster_sm90.cubin", "vector_add_zstd.fatbin", "vector_add_lz4.fatbin"})
            list.push_back(sound_file(name, read_binary_file(folder + name), worth_damaging));
        list.push_back(sound_file("program", host_program(read_binary_file(folder + "vector_add_lz4.fatbin")), worth_damaging));
        return list;
    }();
    return made;
}

// Touches every byte, so that a span that points outside is seen.
void touch(std::span<const std::byte> bytes) {
    std::uint8_t sum = 0;
    for (const std::byte byte : bytes) sum = static_cast<std::uint8_t>(sum + std::to_integer<std::uint8_t>(byte));
    [[maybe_unused]] static volatile std::uint8_t used;
    used = sum;
}

// Everything an emulator takes from an image.
void use(const Cubin& cubin) {
    HEDDLE_EXPECT(!describe(cubin).empty(), "nothing is said about an image");
    for (const Section& section : cubin.sections()) touch(section.data);
    for (const Symbol& symbol : cubin.symbols())
        if (symbol.kind == SymbolKind::Kernel || symbol.kind == SymbolKind::Function) touch(cubin.code(symbol));
    for (const KernelImage& kernel : cubin.kernels()) {
        HEDDLE_EXPECT(kernel.registers > 0 && kernel.registers < 256 && kernel.code_bytes % 16 == 0, "kernel {}", kernel.name);
        HEDDLE_EXPECT(cubin.find_kernel(kernel.name) == &kernel, "kernel {} is not found by its name", kernel.name);
        for (const Parameter& p : kernel.parameters) HEDDLE_EXPECT(p.offset + p.size <= kernel.parameter_bytes, "parameter {}", p.ordinal);
        for (const std::uint32_t symbol : kernel.externs) touch(std::as_bytes(std::span(cubin.symbols()[symbol].name)));
        for (const Attribute& entry : kernel.attributes) touch(entry.data);
        for (unsigned bank = 0; bank < 5; ++bank)
            if (const Section* section = cubin.constant_bank(kernel, bank)) touch(section->data);
    }
    for (const UndefinedUse& use : cubin.undefined_uses()) HEDDLE_EXPECT(use.offset <= cubin.sections()[use.section].size, "a use outside");
    Address next = 0x7f12'3456'0000;
    const LoadedImage image =
        load(cubin, {[&](const Section& section) { return std::exchange(next, next + (section.size + 255) / 256 * 256); },
                     [](const Symbol& symbol) { return std::optional<Address>(symbol.type > 9 ? 0x1234 : 0x7fff'0000'1000); }});
    for (const LoadedSection& section : image.sections) touch(section.data);
}

void use(std::span<const FatbinEntry> entries) {
    for (const unsigned architecture : {75u, 80u, 90u, 100u}) (void)choose_image(entries, architecture);
    (void)why_no_image(entries, 60);
    for (const FatbinEntry& entry : entries) {
        const Blob image = entry.decompress();
        if (entry.kind == ImageKind::Elf) use(Cubin::parse(image, "image"));
    }
}

void run(const Blob& bytes) {
    if (bytes.size() >= 4 && number_at<std::uint32_t>(bytes, 0) == kFatbinMagic) return use(read_fatbin(bytes, "input"));
    if (ElfFile(bytes, "input").machine() == kMachineCuda) return use(Cubin::parse(bytes, "input"));
    for (const EmbeddedFatbin& found : find_fatbins(bytes, "input")) use(found.entries);
}

} // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> seeds{""};
    for (std::size_t file = 0; file < sounds().size(); ++file) {
        seeds.emplace_back(reinterpret_cast<const char*>(sounds()[file].bytes.data()), sounds()[file].bytes.size());
        for (std::size_t area = 0; area < sounds()[file].areas.size(); ++area) {
            std::string patches(1, static_cast<char>(file));
            for (std::size_t how = 0; how < 2; ++how)
                for (const std::size_t byte :
                     {area, area + 3 * how, area * 40 + how, std::size_t{0}, how, std::size_t{0}, std::size_t{0}, std::size_t{0}})
                    patches.push_back(static_cast<char>(byte));
            seeds.push_back(patches);
        }
    }
    return seeds;
}

std::vector<std::string> words() {
    return damaging_words();
}

} // namespace heddle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace heddle;
    using namespace heddle::fuzz;
    const bool whole = size >= 4 && (std::memcmp(data, "\x7f\x45\x4c\x46", 4) == 0 || std::memcmp(data, &kFatbinMagic, 4) == 0);
    bool sound = size <= 1;
    Blob bytes;
    if (whole) {
        const auto* start = reinterpret_cast<const std::byte*>(data);
        bytes.assign(start, start + size);
    } else {
        const Sound& file = sounds()[size ? data[0] % sounds().size() : 0];
        bytes = file.bytes;
        sound = sound && file.name != "features_sm90_relocatable.cubin"; // which load() refuses
        for (std::size_t at = 1; at + 8 <= size; at += 8) damage(bytes, file, data + at);
    }
    try {
        run(bytes);
    } catch (const UserError& error) {
        HEDDLE_EXPECT(!sound, "a sound file was refused: {}", error.what());
        HEDDLE_EXPECT(!error.findings().empty() && !error.findings().front().what.empty(), "an error without a finding");
    }
    return 0;
}
