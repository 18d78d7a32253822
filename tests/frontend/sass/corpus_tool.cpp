// Lists the machine code words in cubins, programs and libraries that the decoder does not know.
//
//   sass_corpus [--arch N] [--mnemonic M] [--examples 2] [--dump] FILE...
//
// Every file is searched for ELF images for GPUs, bare or in fat binaries (plain, LZ4 or zstd); the words of all .text
// sections are decoded with the architecture their image names (--arch: only images of this one). Prints, for each
// opcode with undecodable words, its count, the reasons and examples; words that differ only in control bits count once in
// "distinct". --dump prints every instruction instead (--mnemonic: only texts that begin with M). Exit status: 0 everything decodes, 1 not,
// 2 wrong usage. This walk is a test's own, on purpose independent of the cubin reader.
#include "frontend/sass/decoder.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <unordered_set>
#include <zstd.h>

namespace {

using namespace heddle::sass;
using Bytes = std::vector<unsigned char>;

struct Options {
    unsigned architecture = 0, examples = 2;
    std::string mnemonic;
    bool dump = false;
};

struct Failures {
    std::uint64_t words = 0;
    std::map<std::string, std::uint64_t> reasons;
    std::vector<std::string> examples;
};

struct Total {
    std::uint64_t images = 0, words = 0, distinct = 0, bad = 0;
    std::map<std::pair<unsigned, unsigned>, Failures> failures; // by opcode and architecture
    std::map<unsigned, std::unordered_set<std::string>> seen;   // per architecture: words without control bits
};

template <class T> T get(const unsigned char* data, std::size_t size, std::size_t at) {
    T value{};
    if (at + sizeof(T) <= size) std::memcpy(&value, data + at, sizeof(T));
    return value;
}

void walk_text(const unsigned char* data, std::size_t size, unsigned architecture, const std::string& name, const Options& o,
               Total& total) {
    for (std::size_t at = 0; at + 16 <= size; at += 16) {
        Word word{get<std::uint64_t>(data, size, at), get<std::uint64_t>(data, size, at + 8)};
        ++total.words;
        if (o.dump) {
            std::string reason;
            const auto i = decode_word(word, architecture, static_cast<std::uint32_t>(at), &reason);
            const std::string t = i ? text(*i) : "?? " + reason;
            if (o.mnemonic.empty() || t.find(o.mnemonic) < 7) fmt::print("{}+{:#x} {:016x}{:016x} {}\n", name, at, word.high, word.low, t);
            continue;
        }
        Word key = word;
        key.set(105, 21, 0);
        if ((key.low & 0xfff) == 0x947 || (key.low & 0xfff) == 0x944 || (key.low & 0xfff) == 0x945) key.set(34, 48, 0);
        std::string bytes(16, '\0');
        std::memcpy(bytes.data(), &key, 16);
        if (!total.seen[architecture].insert(bytes).second) continue;
        ++total.distinct;
        std::string reason;
        if (decode_word(word, architecture, static_cast<std::uint32_t>(at), &reason)) continue;
        ++total.bad;
        Failures& f = total.failures[{static_cast<unsigned>(word.bits(0, 12)), architecture}];
        ++f.words;
        if (f.reasons.size() < 12 || f.reasons.count(reason)) ++f.reasons[reason];
        if (f.examples.size() < o.examples) f.examples.push_back(fmt::format("{:016x}{:016x} {}+{:#x}", word.high, word.low, name, at));
    }
}

// Length of the ELF image at `data`, or 0 if it is none for a GPU.
std::size_t walk_elf(const unsigned char* data, std::size_t size, const Options& o, Total& total) {
    if (size < 64 || std::memcmp(data, "\177ELF\2", 5) != 0 || get<std::uint16_t>(data, size, 18) != 190) return 0;
    const auto flags = get<std::uint32_t>(data, size, 48);
    const unsigned abi = data[8];
    const unsigned architecture = abi >= 8 ? (flags >> 8) & 0xff : flags & 0xff;
    const auto sections = get<std::uint64_t>(data, size, 40);
    const unsigned count = get<std::uint16_t>(data, size, 60), names = get<std::uint16_t>(data, size, 62);
    if (sections + 64ULL * count > size || names >= count) return 0;
    if (o.architecture != 0 && architecture != o.architecture) return sections + 64ULL * count;
    if (architecture < 80 || architecture > 99) return sections + 64ULL * count;
    ++total.images;
    const auto name_table = get<std::uint64_t>(data, size, sections + 64ULL * names + 24);
    for (unsigned s = 0; s < count; ++s) {
        const std::size_t header = sections + 64ULL * s;
        const auto at = get<std::uint64_t>(data, size, header + 24), bytes = get<std::uint64_t>(data, size, header + 32);
        const auto name_at = name_table + get<std::uint32_t>(data, size, header);
        if (name_at >= size || get<std::uint32_t>(data, size, header + 4) == 8 || at > size || bytes > size - at) continue;
        const auto* letters = reinterpret_cast<const char*>(data + name_at);
        const std::string name(letters, strnlen(letters, size - name_at));
        if (name.rfind(".text", 0) == 0) walk_text(data + at, bytes, architecture, name, o, total);
    }
    return sections + 64ULL * count;
}

Bytes unpack_lz4(const unsigned char* in, std::size_t size, std::size_t unpacked) {
    Bytes out;
    out.reserve(unpacked);
    std::size_t at = 0;
    const auto length = [&](unsigned first) {
        std::size_t n = first;
        if (first == 15)
            while (at < size) {
                n += in[at];
                if (in[at++] != 255) break;
            }
        return n;
    };
    while (at < size) {
        const unsigned token = in[at++];
        const std::size_t literals = length(token >> 4);
        if (literals > size - at) return {};
        out.insert(out.end(), in + at, in + at + literals);
        at += literals;
        if (at + 2 > size) break;
        const std::size_t offset = in[at] | in[at + 1] << 8;
        at += 2;
        const std::size_t match = length(token & 15) + 4;
        if (offset == 0 || offset > out.size()) return {};
        for (std::size_t k = 0; k < match; ++k) out.push_back(out[out.size() - offset]);
    }
    return out;
}

// Length of the fat binary at `data`, or 0.
std::size_t walk_fat_binary(const unsigned char* data, std::size_t size, const Options& o, Total& total) {
    if (get<std::uint32_t>(data, size, 0) != 0xba55ed50 || get<std::uint16_t>(data, size, 4) != 1 ||
        get<std::uint16_t>(data, size, 6) != 16)
        return 0;
    const auto length = get<std::uint64_t>(data, size, 8);
    if (length > size - 16) return 0;
    for (std::size_t at = 16; at + 64 <= 16 + length;) {
        const auto kind = get<std::uint16_t>(data, size, at);
        const auto header = get<std::uint32_t>(data, size, at + 4);
        const auto payload = get<std::uint64_t>(data, size, at + 8);
        const auto packed = get<std::uint32_t>(data, size, at + 16);
        const auto architecture = get<std::uint32_t>(data, size, at + 28);
        const auto flags = get<std::uint64_t>(data, size, at + 40);
        const auto unpacked = get<std::uint64_t>(data, size, at + 56);
        if (header == 0 || at + header + payload > size) break;
        const bool wanted =
            kind == 2 && architecture >= 80 && architecture < 100 && (o.architecture == 0 || architecture == o.architecture);
        if (wanted && packed == 0) walk_elf(data + at + header, payload, o, total);
        else if (wanted && unpacked < (1ULL << 31)) {
            Bytes image;
            if (flags & 0x8000) {
                image.resize(unpacked);
                const std::size_t n = ZSTD_decompress(image.data(), image.size(), data + at + header, packed);
                image.resize(ZSTD_isError(n) ? 0 : n);
            } else image = unpack_lz4(data + at + header, packed, unpacked);
            if (image.empty() || walk_elf(image.data(), image.size(), o, total) == 0) std::cerr << "an image could not be unpacked\n";
        }
        at += header + payload;
    }
    return 16 + length;
}

void walk_file(const std::string& path, const Options& o, Total& total) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        std::cerr << path << ": cannot be read\n";
        return;
    }
    const Bytes bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (std::size_t at = 0; at + 16 <= bytes.size();) {
        std::size_t step = 0;
        if (bytes[at] == 0x50) step = walk_fat_binary(bytes.data() + at, bytes.size() - at, o, total);
        else if (bytes[at] == 0x7f) step = walk_elf(bytes.data() + at, bytes.size() - at, o, total);
        at += step != 0 ? step : 1;
    }
}

} // namespace

int main(int argc, char** argv) {
    Options o;
    Total total;
    std::vector<std::string> files;
    for (int a = 1; a < argc; ++a) {
        const std::string arg = argv[a];
        if (arg == "--arch" && a + 1 < argc) o.architecture = static_cast<unsigned>(std::atoi(argv[++a]));
        else if (arg == "--mnemonic" && a + 1 < argc) o.mnemonic = argv[++a];
        else if (arg == "--examples" && a + 1 < argc) o.examples = static_cast<unsigned>(std::atoi(argv[++a]));
        else if (arg == "--dump") o.dump = true;
        else files.push_back(arg);
    }
    if (files.empty()) {
        std::cerr << "usage: sass_corpus [--arch N] [--mnemonic M] [--examples 2] [--dump] FILE...\n";
        return 2;
    }
    for (const std::string& file : files) walk_file(file, o, total);
    if (o.dump) return 0;
    for (const auto& [key, f] : total.failures) {
        fmt::print("opcode {:03x} sm_{}: {} words\n", key.first, key.second, f.words);
        for (const auto& [reason, n] : f.reasons) fmt::print("    {:>7}  {}\n", n, reason);
        for (const auto& example : f.examples) fmt::print("    {}\n", example);
    }
    fmt::print("{} images, {} words, {} distinct, {} of them not decoded\n", total.images, total.words, total.distinct, total.bad);
    return total.bad == 0 ? 0 : 1;
}
