#include "tests/fuzz/damaged_cubin.hpp"

#include "frontend/cubin/fatbin.hpp"

#include <algorithm>
#include <cstring>

namespace heddle::fuzz {

using namespace cubin;

Sound sound_file(const std::string& name, Blob bytes, const std::function<bool(const ElfSection&)>& worth_damaging) {
    Sound sound{name, std::move(bytes), {}};
    sound.areas.push_back({0, sound.bytes.size()});
    sound.areas.push_back({0, std::min<std::size_t>(sound.bytes.size(), 128)});
    if (number_at<std::uint32_t>(sound.bytes, 0) == kFatbinMagic) return sound;
    const ElfFile elf(sound.bytes, name);
    sound.areas.push_back({number_at<std::uint64_t>(sound.bytes, 40), elf.sections().size() * 64});
    for (const ElfSection& section : elf.sections())
        if (!section.data.empty() && worth_damaging(section)) sound.areas.push_back({section.offset, section.data.size()});
    return sound;
}

void damage(Blob& bytes, const Sound& sound, const std::uint8_t* patch) {
    if (bytes.empty()) return;
    const Area& area = sound.areas[patch[0] % sound.areas.size()];
    const auto position = static_cast<std::size_t>(patch[2] | patch[3] << 8);
    const std::size_t at = std::min(area.start + position % std::max<std::size_t>(area.size, 1), bytes.size() - 1);
    const std::size_t left = bytes.size() - at;
    std::uint64_t value = 0;
    std::memcpy(&value, patch + 4, 4);
    switch (patch[1] % 8) {
    case 0: bytes[at] ^= std::byte(1 << (value & 7)); break;
    case 1: bytes[at] = std::byte(value); break;
    case 2: std::memcpy(bytes.data() + at, &value, std::min<std::size_t>(left, 4)); break;
    case 3: { // an extreme number
        constexpr std::uint64_t kExtremes[] = {0,          1,          ~0ULL,      ~0ULL - 15, 1ULL << 63,
                                               1ULL << 40, 1ULL << 32, 0x7fffffff, 0xffff,     0x100000000fULL};
        const std::uint64_t extreme = kExtremes[value % std::size(kExtremes)];
        std::memcpy(bytes.data() + at, &extreme, std::min<std::size_t>(left, std::size_t{1} << (value >> 8 & 3)));
        break;
    }
    case 4: { // an entry of a table copied over another one
        const std::size_t from = std::min(area.start + value % std::max<std::size_t>(area.size, 1), bytes.size() - 1);
        const std::size_t size = std::min({std::size_t{24}, left, bytes.size() - from});
        std::memmove(bytes.data() + at, bytes.data() + from, size);
        break;
    }
    case 5: bytes.resize(value & 1 ? at : bytes.size()); break;
    case 6: std::memset(bytes.data() + at, static_cast<int>(value & 0xff), std::min<std::size_t>(left, value >> 8 & 63)); break;
    default: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), value & 31, std::byte(value >> 8)); break;
    }
}

std::vector<std::string> damaging_words() {
    // One patch each: a flipped bit, another byte, an extreme number, a copied entry.
    return {std::string("\2\0\10\0\3\0\0\0", 8), std::string("\3\1\30\0\2\0\0\0", 8), std::string("\4\3\20\0\2\3\0\0", 8),
            std::string("\5\4\0\0\60\0\0\0", 8)};
}

} // namespace heddle::fuzz
