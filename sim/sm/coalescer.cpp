#include "sim/sm/coalescer.hpp"

#include <algorithm>
#include <bit>

namespace heddle {
namespace {

constexpr Address line_of(Address address) { return address & ~(kLineBytes - 1); }
// Sectors overlapped by bytes [low, high) of a line. Requires: low < high <= 128.
constexpr std::uint8_t sectors_touched(unsigned low, unsigned high) {
    return static_cast<std::uint8_t>((2u << ((high - 1) / unsigned{kSectorBytes})) - (1u << (low / unsigned{kSectorBytes})));
}
constexpr std::uint8_t sectors_covered(unsigned low, unsigned high) {
    constexpr unsigned kSector = unsigned{kSectorBytes};
    const unsigned first = (low + kSector - 1) / kSector, end = high / kSector;
    return first < end ? static_cast<std::uint8_t>((1u << end) - (1u << first)) : std::uint8_t{0};
}

void count_tag_cycles(CoalescedAccess& access, unsigned banks) {
    if (access.count == 1) {
        access.tag_cycles = 1;
        return;
    }
    std::uint64_t lines_per_bank = 0; // one byte each
    for (unsigned i = 0; i < access.count; ++i) lines_per_bank += 1ULL << (8 * tag_bank(access.lines[i].line, banks));
    unsigned most = 1;
    for (; lines_per_bank != 0; lines_per_bank >>= 8) most = std::max(most, static_cast<unsigned>(lines_per_bank & 0xff));
    access.tag_cycles = static_cast<std::uint8_t>(most);
}

// `count` lanes at base, base + stride, ..., 0 <= stride <= 32: every sector from the first byte to the last is touched.
void coalesce_run(Address base, unsigned stride, unsigned count, unsigned bytes, CoalescedAccess& access) {
    constexpr unsigned kLine = unsigned{kLineBytes};
    const bool gapless = stride <= bytes || count == 1;
    const Address first_line = line_of(base);
    const unsigned start = static_cast<unsigned>(base - first_line), end = start + stride * (count - 1) + bytes;
    unsigned lines = 0, counted = 0;
    for (unsigned at = 0; at < end; at += kLine) { // offset of the line from the first one
        const unsigned low = at == 0 ? start : 0, high = std::min(end - at, kLine);
        // Lanes that start before the end of this line.
        const unsigned before = end - at <= kLine || stride == 0 ? count : std::min(count, (at + kLine - start + stride - 1) / stride);
        access.lines[lines++] =
            LineAccess{first_line + at, sectors_touched(low, high), gapless ? sectors_covered(low, high) : std::uint8_t{0},
                       static_cast<std::uint8_t>(before - counted)};
        counted = before;
    }
    access.count = static_cast<std::uint8_t>(lines);
}

// Collects lines one lane at a time.
class LineCollector {
  public:
    explicit LineCollector(CoalescedAccess& access) : access_(access) {
        access_.count = 0;
        table_.fill(0);
    }

    void add(Address address, unsigned bytes) {
        const Address line = line_of(address);
        const unsigned low = static_cast<unsigned>(address - line);
        unsigned i = index_of(line);
        access_.lines[i].lanes++;
        if (low + bytes <= kLineBytes) {
            cover(i, low, low + bytes);
            return;
        }
        cover(i, low, kLineBytes);
        i = index_of(line + kLineBytes);
        cover(i, 0, low + bytes - static_cast<unsigned>(kLineBytes));
    }

    void finish() {
        for (unsigned i = 0; i < access_.count; ++i) {
            const auto [lower, upper] = covered_[i];
            unsigned full = 0;
            full |= static_cast<std::uint32_t>(lower) == 0xffffffffu ? 1u : 0u;
            full |= lower >> 32 == 0xffffffffu ? 2u : 0u;
            full |= static_cast<std::uint32_t>(upper) == 0xffffffffu ? 4u : 0u;
            full |= upper >> 32 == 0xffffffffu ? 8u : 0u;
            access_.lines[i].full = static_cast<std::uint8_t>(full);
        }
    }

  private:
    struct Bytes128 {
        std::uint64_t lower, upper;
    };
    static constexpr std::uint64_t ones(unsigned low, unsigned high) { // bits [low, high) of 64
        return low >= high ? 0 : (~0ULL >> (64 - (high - low))) << low;
    }
    void cover(unsigned i, unsigned low, unsigned high) {
        access_.lines[i].sectors = static_cast<std::uint8_t>(access_.lines[i].sectors | sectors_touched(low, high));
        covered_[i].lower |= ones(std::min(low, 64u), std::min(high, 64u));
        covered_[i].upper |= ones(std::max(low, 64u) - 64, std::max(high, 64u) - 64);
    }
    unsigned index_of(Address line) {
        if (access_.count != 0 && access_.lines[last_].line == line) return last_;
        std::size_t slot = static_cast<std::size_t>((line * 0x9e3779b97f4a7c15ULL) >> 57);
        while (table_[slot] != 0) {
            last_ = table_[slot] - 1u;
            if (access_.lines[last_].line == line) return last_;
            slot = (slot + 1) % table_.size();
        }
        last_ = access_.count++;
        table_[slot] = static_cast<std::uint8_t>(last_ + 1);
        access_.lines[last_] = LineAccess{line, 0, 0, 0};
        covered_[last_] = Bytes128{0, 0};
        return last_;
    }

    CoalescedAccess& access_;
    unsigned last_ = 0;
    std::array<std::uint8_t, 128> table_; // open addressing: index + 1 of a line, 0 = free
    std::array<Bytes128, kMaxLinesPerAccess> covered_;
};

} // namespace

void expand(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, LaneAddresses& lanes) {
    lanes.active = active;
    if (pattern.kind == AddressPattern::Kind::Stride) {
        for (unsigned lane = 0; lane < kLanes; ++lane) lanes.of[lane] = pattern.base + static_cast<Address>(pattern.stride) * lane;
        return;
    }
    const Address* next = chunk.list.data() + pattern.first;
    for (std::uint32_t left = active; left != 0; left &= left - 1) lanes.of[static_cast<unsigned>(std::countr_zero(left))] = *next++;
}

void coalesce(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned bytes, unsigned tag_banks,
              CoalescedAccess& access) {
    if (pattern.kind == AddressPattern::Kind::Stride && pattern.stride <= 32 && pattern.stride >= -32) {
        if (active == ~std::uint32_t{0} && pattern.stride == static_cast<std::int64_t>(bytes) && pattern.base % kLineBytes == 0 &&
            bytes >= 4) {
            const unsigned lines = kLanes * bytes / unsigned{kLineBytes}; // the commonest of all: whole lines
            for (unsigned i = 0; i < lines; ++i)
                access.lines[i] =
                    LineAccess{pattern.base + i * kLineBytes, 0xf, 0xf, static_cast<std::uint8_t>(unsigned{kLineBytes} / bytes)};
            access.count = static_cast<std::uint8_t>(lines);
            count_tag_cycles(access, tag_banks);
            return;
        }
        const unsigned first = static_cast<unsigned>(std::countr_zero(active));
        const std::uint32_t run = active >> first;
        if ((run & (run + 1)) == 0) {
            const unsigned count = lane_count(active);
            // A falling pattern is the rising one from its last lane.
            const unsigned lowest = pattern.stride < 0 ? first + count - 1 : first;
            const auto stride = static_cast<unsigned>(pattern.stride < 0 ? -pattern.stride : pattern.stride);
            coalesce_run(pattern.base + static_cast<Address>(pattern.stride) * lowest, stride, count, bytes, access);
            count_tag_cycles(access, tag_banks);
            return;
        }
    }
    LaneAddresses lanes;
    expand(chunk, pattern, active, lanes);
    LineCollector lines(access);
    for (std::uint32_t left = active; left != 0; left &= left - 1)
        lines.add(lanes.of[static_cast<unsigned>(std::countr_zero(left))], bytes);
    lines.finish();
    count_tag_cycles(access, tag_banks);
}

bool same_address(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active) {
    if ((active & (active - 1)) == 0) return true;
    if (pattern.kind == AddressPattern::Kind::Stride) return pattern.stride == 0;
    const unsigned count = static_cast<unsigned>(std::popcount(active));
    for (unsigned k = 1; k < count; ++k)
        if (chunk.list[pattern.first + k] != chunk.list[pattern.first]) return false;
    return true;
}

unsigned distinct_addresses(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active) {
    const unsigned count = static_cast<unsigned>(std::popcount(active));
    if (pattern.kind == AddressPattern::Kind::Stride) return pattern.stride == 0 ? 1 : count;
    const Address* list = chunk.list.data() + pattern.first;
    unsigned distinct = 0;
    for (unsigned k = 0; k < count; ++k) distinct += std::find(list, list + k, list[k]) == list + k ? 1u : 0u;
    return distinct;
}

namespace {

// Thread-private windows are at most 16 MiB apart in offset; 32 lanes of one make 512 MiB.
constexpr Address kPrivateBase = Address{1} << 62;
constexpr Address kPrivateBytes = Address{1} << 24;

} // namespace

void coalesce_interleaved(Address offset, std::uint64_t window, std::uint32_t active, unsigned bytes, unsigned tag_banks,
                          CoalescedAccess& access) {
    const Address base = kPrivateBase + window * kPrivateBytes * kLanes;
    const Address low = offset % kPrivateBytes, high = low + bytes;
    unsigned lines = 0;
    for (Address word = low / 4; word * 4 < high; ++word) {
        // Word `word` of lane i lies at byte 4i of its line; a sector holds the words of 8 lanes.
        LineAccess line{base + word * kLineBytes, 0, 0, static_cast<std::uint8_t>(lines == 0 ? std::popcount(active) : 0)};
        const bool whole_word = low <= word * 4 && word * 4 + 4 <= high;
        for (unsigned sector = 0; sector < kSectorsPerLine; ++sector) {
            const std::uint32_t lanes = (active >> (8 * sector)) & 0xff;
            line.sectors = static_cast<std::uint8_t>(line.sectors | (lanes != 0 ? 1u << sector : 0u));
            line.full = static_cast<std::uint8_t>(line.full | (lanes == 0xff && whole_word ? 1u << sector : 0u));
        }
        access.lines[lines++] = line;
    }
    access.count = static_cast<std::uint8_t>(lines);
    count_tag_cycles(access, tag_banks);
}

void coalesce_private(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint64_t window, std::uint32_t active, unsigned bytes,
                      unsigned tag_banks, CoalescedAccess& access) {
    LaneAddresses lanes;
    expand(chunk, pattern, active, lanes);
    const Address base = kPrivateBase + window * kPrivateBytes * kLanes;
    std::array<std::uint32_t, kMaxLinesPerAccess> words{}; // of each line, those written in full
    unsigned count = 0;
    for (std::uint32_t left = active; left != 0; left &= left - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(left));
        const Address low = lanes.of[lane] % kPrivateBytes, high = low + bytes;
        for (Address word = low / 4; word * 4 < high; ++word) {
            const Address place = base + word * kLineBytes;
            unsigned at = 0;
            while (at < count && access.lines[at].line != place) ++at;
            if (at == count) {
                if (count == kMaxLinesPerAccess) continue; // lanes apart by whole words of 64 bits and more: what lies beyond is left out
                access.lines[count++] = {place, 0, 0, 0};
            }
            LineAccess& line = access.lines[at];
            line.sectors = static_cast<std::uint8_t>(line.sectors | 1u << lane / 8);
            if (word == low / 4) ++line.lanes;
            if (low <= word * 4 && word * 4 + 4 <= high) words[at] |= 1u << lane;
        }
    }
    for (unsigned at = 0; at < count; ++at)
        for (unsigned sector = 0; sector < kSectorsPerLine; ++sector)
            if ((words[at] >> (8 * sector) & 0xff) == 0xff) access.lines[at].full = static_cast<std::uint8_t>(access.lines[at].full | 1u << sector);
    access.count = static_cast<std::uint8_t>(count);
    count_tag_cycles(access, tag_banks);
}

} // namespace heddle
