// The byte level of `.heddle` files: numbers, header, section table, checksums, compression, and the limits that keep a
// hostile file from asking for more than a sane one needs. traces/FORMAT.md is the description for readers.
#pragma once

#include "sim/base/error.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::trace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian and read in place");

using Blob = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline constexpr std::array<std::uint8_t, 8> kMagic{0x89, 'H', 'D', 'L', '\r', '\n', 0x1a, '\n'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 104;
inline constexpr std::size_t kSectionEntryBytes = 40;
inline constexpr std::size_t kPadding = 16; // zero bytes behind every decompressed payload, for unaligned wide reads

// Limits, far above anything a real trace holds. The writer refuses to exceed them, the reader refuses files that do.
inline constexpr std::uint64_t kMaxSections = 1 << 24;
inline constexpr std::uint64_t kMaxSectionBytes = 64ULL << 20; // decompressed
inline constexpr std::uint64_t kMaxFrameBytes = 4ULL << 20;    // decompressed
inline constexpr std::uint64_t kMaxCommands = 1 << 22;
inline constexpr std::uint64_t kMaxTexts = 1 << 20;  // kernel names, opcodes, notes
inline constexpr std::uint64_t kMaxCtas = 1 << 23;   // per kernel
inline constexpr std::uint64_t kMaxShapes = 1 << 16; // per frame
inline constexpr std::uint64_t kMaxPaths = 1 << 16;  // per frame
inline constexpr std::uint32_t kMaxWarps = 64;       // per CTA
inline constexpr std::uint32_t kMaxFrameCtas = 1 << 16;
inline constexpr std::uint64_t kMaxRows = 1 << 20;
inline constexpr std::uint64_t kMaxPathInstructions = 1ULL << 32; // of one warp in one frame
inline constexpr unsigned kMaxLoopDepth = 8;
inline constexpr unsigned kSlots = 256; // address predictors of a warp

enum class SectionKind : std::uint32_t { Commands = 1, Notes = 2, Code = 3, Ctas = 4, Places = 5 };
const char* name(SectionKind kind);

struct Header {
    std::uint32_t version = kVersion;
    std::uint64_t file_bytes = 0;
    std::uint64_t table_offset = 0;
    std::uint64_t sections = 0;
    std::uint64_t table_checksum = 0;
    std::uint64_t commands = 0;
    std::uint64_t launches = 0;
    std::uint64_t warp_instructions = 0;
    std::uint64_t thread_instructions = 0;
    std::array<std::uint8_t, 16> digest{};
};

struct Section {
    SectionKind kind = SectionKind::Commands;
    std::uint64_t offset = 0;   // in the file
    std::uint64_t stored = 0;   // bytes in the file: one zstd frame
    std::uint64_t raw = 0;      // bytes when decompressed
    std::uint64_t checksum = 0; // XXH3-64 of the decompressed bytes
};

std::uint64_t checksum(View bytes);
// XXH3-128 over (kind, raw, checksum) of every section but Places: content, not compression.
std::array<std::uint8_t, 16> content_digest(std::span<const Section> sections);
std::string hexadecimal(std::span<const std::uint8_t> bytes);

Blob encode_header(const Header& header);
Blob encode_sections(std::span<const Section> sections);

// Appends little-endian and variable-length numbers.
class ByteWriter {
  public:
    explicit ByteWriter(Blob& out) : out_(out) {}
    void u8(std::uint8_t v) { out_.push_back(v); }
    void u32(std::uint32_t v) { bytes(&v, 4); }
    void u64(std::uint64_t v) { bytes(&v, 8); }
    void bytes(const void* data, std::size_t size) {
        const auto* p = static_cast<const std::uint8_t*>(data);
        out_.insert(out_.end(), p, p + size);
    }
    // Seven bits a byte, lowest first, the high bit says that more follow.
    void number(std::uint64_t v) {
        while (v >= 0x80) out_.push_back(static_cast<std::uint8_t>(v | 0x80)), v >>= 7;
        out_.push_back(static_cast<std::uint8_t>(v));
    }
    // 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
    void difference(std::int64_t v) { number((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63)); }
    void text(std::string_view s) {
        number(s.size());
        bytes(s.data(), s.size());
    }

  private:
    Blob& out_;
};

// Takes numbers from a payload; every overrun or implausible value is a UserError with file, payload and byte.
class ByteReader {
  public:
    // `place` names the payload in messages, e.g. "code of section 3". Both strings must outlive the reader.
    ByteReader(View bytes, const std::string& file, const std::string& place)
        : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()), file_(&file), place_(&place) {}

    std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    const std::uint8_t* at() const { return at_; }
    [[noreturn]] void fail(const std::string& what) const;
    void expect(bool condition, const char* what) const {
        if (!condition) [[unlikely]]
            fail(what);
    }
    void expect_end() const { expect(at_ == end_, "bytes are left over"); }

    const std::uint8_t* take(std::size_t size) {
        expect(size <= left(), "the data ends too early");
        const std::uint8_t* p = at_;
        at_ += size;
        return p;
    }
    std::uint8_t u8() { return *take(1); }
    std::uint32_t u32() { return fixed<std::uint32_t>(); }
    std::uint64_t u64() { return fixed<std::uint64_t>(); }
    std::uint64_t number() {
        if (at_ < end_ && *at_ < 0x80) [[likely]]
            return *at_++;
        if (left() < 8) return long_number();
        // Up to 8 bytes at once: the bits of each byte move together.
        std::uint64_t word;
        std::memcpy(&word, at_, 8);
        const std::uint64_t ends = ~word & 0x8080'8080'8080'8080;
        if (ends == 0) return long_number();
        const auto last = static_cast<unsigned>(std::countr_zero(ends)); // bit 7 of the last byte
        at_ += last / 8 + 1;
        word &= (1ULL << last) - 1;
        word = (word & 0x007f'007f'007f'007f) | (word & 0x7f00'7f00'7f00'7f00) >> 1;
        word = (word & 0x0000'3fff'0000'3fff) | (word & 0x3fff'0000'3fff'0000) >> 2;
        return (word & 0x0fff'ffff) | (word >> 32 & 0x0fff'ffff) << 28;
    }
    // Requires of the file: <= `most`.
    std::uint64_t number(std::uint64_t most, const char* what) {
        const std::uint64_t v = number();
        if (v > most) [[unlikely]]
            fail(fmt::format("{} is {}, more than {}", what, v, most));
        return v;
    }
    std::int64_t difference() {
        const std::uint64_t v = number();
        return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
    }
    // A count of things, at most `most` of them, of which each takes at least one byte of what is left.
    std::uint64_t count(std::uint64_t most, const char* what) { return number(most < left() ? most : left(), what); }
    std::string text();

  private:
    template <class T> T fixed() {
        T v;
        std::memcpy(&v, take(sizeof v), sizeof v);
        return v;
    }
    std::uint64_t long_number();

    const std::uint8_t* begin_;
    const std::uint8_t* at_;
    const std::uint8_t* end_;
    const std::string* file_;
    const std::string* place_;
};

// One zstd frame, without zstd's own checksum or content size.
Blob compress(View raw, int level);
// `raw` bytes (and kPadding zero bytes behind them) of the zstd frame `stored`; the checksum must match.
// Throws UserError naming `place`. Requires: raw <= kMaxSectionBytes.
Blob decompress(View stored, std::uint64_t raw, std::uint64_t expected_checksum, const std::string& file, const std::string& place);

// Header and section table of the file `bytes`, checked against each other and against the size of the file.
Header decode_header(View bytes, const std::string& file);
std::vector<Section> decode_sections(View bytes, const Header& header, const std::string& file);
// A section's number and kind, for messages.
std::string section_place(SectionKind kind, std::uint64_t number);
// Decompresses one section, which must be of `kind`.
Blob load_section(View bytes, std::span<const Section> sections, std::uint64_t number, SectionKind kind, const std::string& file);
// A decompressed payload without the padding behind it.
inline View content(const Blob& payload) { return View(payload).first(payload.size() - kPadding); }

} // namespace heddle::trace
