#include "frontend/cubin/fatbin.hpp"

#include "frontend/cubin/decompress.hpp"
#include "frontend/cubin/elf.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <tuple>

namespace heddle::cubin {
namespace {

// The header of an entry, all numbers little-endian:
//   0 u16 kind | 2 u16 version | 4 u32 bytes of this header, texts included | 8 u64 bytes of the payload, padded to 8
//   16 u32 bytes without padding, if compressed | 20 u32 where the options are described | 24 u16 minor, 26 u16 major version
//   28 u32 architecture | 32 u32 where the name is | 36 u32 its length | 40 u64 flags | 48 u64 | 56 u64 decompressed bytes
// Options are described by u32 offset, u32 length. Offsets count from the start of this header.
constexpr std::size_t kEntryBytes = 64;

constexpr std::uint16_t kPtx = 1, kElf = 2, kLto = 8;
constexpr std::uint64_t kLz4Flag = 0x2000, kZstdFlag = 0x8000, kAcceleratedFlag = 0x100000, kFamilyFlag = 0x200000;

class ContainerReader {
  public:
    ContainerReader(std::span<const std::byte> bytes, const std::string& file, std::uint64_t offset)
        : bytes_(bytes), file_(file), offset_(offset) {}

    std::vector<FatbinEntry> run() {
        while (at_ < bytes_.size()) {
            if (bytes_[at_] == std::byte{0}) {
                ++at_; // padding
                continue;
            }
            if (bytes_.size() - at_ < kFatbinHeaderBytes) fail(at_, "a fat binary is cut off");
            const std::uint64_t size = fatbin_bytes(bytes_.subspan(at_), file_, offset_ + at_);
            if (size > bytes_.size() - at_)
                fail(at_, fmt::format("a fat binary of {} bytes is cut off: {} are left", size, bytes_.size() - at_));
            const std::size_t end = at_ + size;
            at_ += number_at<std::uint16_t>(bytes_, at_ + 6);
            while (at_ < end) read_entry(end);
        }
        return std::move(entries_);
    }

  private:
    [[noreturn]] void fail(std::size_t at, const std::string& what) const {
        fail_at(file_, 0, 0, fmt::format("byte {}: {}", offset_ + at, what));
    }
    void read_entry(std::size_t end);
    // The text at `offset` of entry header `header`, without zero bytes and blanks around it.
    std::string text(std::span<const std::byte> header, std::uint64_t offset, std::uint64_t length) const {
        if (offset > header.size() || length > header.size() - offset)
            fail(at_, fmt::format("a text of {} bytes at {} lies outside the entry's header", length, offset));
        std::string result(reinterpret_cast<const char*>(header.data()) + offset, length);
        const auto empty = [](char c) { return c == '\0' || c == ' '; };
        result.erase(std::find_if_not(result.rbegin(), result.rend(), empty).base(), result.end());
        result.erase(result.begin(), std::ranges::find_if_not(result, empty));
        return result;
    }

    std::span<const std::byte> bytes_;
    const std::string& file_;
    std::uint64_t offset_;
    std::size_t at_ = 0;
    std::vector<FatbinEntry> entries_;
};

void ContainerReader::read_entry(std::size_t end) {
    if (end - at_ < kEntryBytes) fail(at_, "an entry of a fat binary is cut off");
    const std::uint32_t header_bytes = number_at<std::uint32_t>(bytes_, at_ + 4);
    const std::uint64_t payload_bytes = number_at<std::uint64_t>(bytes_, at_ + 8);
    if (header_bytes < kEntryBytes || header_bytes > end - at_) fail(at_, fmt::format("an entry's header of {} bytes", header_bytes));
    if (payload_bytes > end - at_ - header_bytes)
        fail(at_, fmt::format("an image of {} bytes reaches beyond its fat binary", payload_bytes));
    const auto header = bytes_.subspan(at_, header_bytes);
    FatbinEntry entry;
    entry.file = file_;
    entry.offset = offset_ + at_;
    entry.raw_kind = number_at<std::uint16_t>(header, 0);
    entry.kind = entry.raw_kind == kPtx   ? ImageKind::Ptx
                 : entry.raw_kind == kElf ? ImageKind::Elf
                 : entry.raw_kind == kLto ? ImageKind::LtoIr
                                          : ImageKind::Other;
    entry.architecture = number_at<std::uint32_t>(header, 28);
    entry.flags = number_at<std::uint64_t>(header, 40);
    entry.accelerated = entry.flags & kAcceleratedFlag;
    entry.family = entry.flags & kFamilyFlag;
    entry.compression = entry.flags & kZstdFlag ? Compression::Zstd : entry.flags & kLz4Flag ? Compression::Lz4 : Compression::None;
    entry.payload = bytes_.subspan(at_ + header_bytes, payload_bytes);
    entry.image_bytes = payload_bytes;
    if (entry.compression != Compression::None) {
        const std::uint32_t stored = number_at<std::uint32_t>(header, 16);
        if (stored > payload_bytes) fail(at_, fmt::format("an image of {} compressed bytes in {}", stored, payload_bytes));
        entry.payload = entry.payload.first(stored);
        entry.image_bytes = number_at<std::uint64_t>(header, 56);
    }
    if (const std::uint32_t where = number_at<std::uint32_t>(header, 32))
        entry.name = text(header, where, number_at<std::uint32_t>(header, 36));
    // ELF entries keep something else where PTX entries keep their options.
    if (const std::uint32_t where = number_at<std::uint32_t>(header, 20); where && entry.kind == ImageKind::Ptx) {
        if (where > header.size() - 8) fail(at_, fmt::format("options at {} lie outside the entry's header", where));
        entry.options = text(header, number_at<std::uint32_t>(header, where), number_at<std::uint32_t>(header, where + 4));
    }
    entries_.push_back(std::move(entry));
    at_ += header_bytes + payload_bytes;
}

bool runs_elf(const FatbinEntry& entry, unsigned architecture) {
    if (entry.accelerated) return entry.architecture == architecture;
    return entry.architecture / 10 == architecture / 10 && entry.architecture <= architecture;
}

bool runs_ptx(const FatbinEntry& entry, unsigned architecture) {
    if (entry.accelerated) return entry.architecture == architecture;
    if (entry.family) return entry.architecture / 10 == architecture / 10 && entry.architecture <= architecture;
    return entry.architecture <= architecture;
}

} // namespace

std::uint64_t fatbin_bytes(std::span<const std::byte> header, const std::string& file, std::uint64_t offset) {
    const auto fail = [&](const std::string& what) { fail_at(file, 0, 0, fmt::format("byte {}: {}", offset, what)); };
    if (header.size() < kFatbinHeaderBytes || number_at<std::uint32_t>(header, 0) != kFatbinMagic) fail("not a fat binary");
    const auto version = number_at<std::uint16_t>(header, 4), header_bytes = number_at<std::uint16_t>(header, 6);
    const auto payload = number_at<std::uint64_t>(header, 8);
    if (version != 1 || header_bytes < kFatbinHeaderBytes)
        fail(fmt::format("a fat binary of version {} with a header of {} bytes; only version 1 is known", version, header_bytes));
    if (payload > UINT64_MAX / 2) fail(fmt::format("a fat binary of {} bytes", payload));
    return header_bytes + payload;
}

std::vector<FatbinEntry> read_fatbin(std::span<const std::byte> bytes, const std::string& file, std::uint64_t offset) {
    return ContainerReader(bytes, file, offset).run();
}

std::vector<EmbeddedFatbin> find_fatbins(std::span<const std::byte> bytes, const std::string& file) {
    const ElfFile elf(bytes, file);
    std::vector<EmbeddedFatbin> found;
    for (const ElfSection& section : elf.sections()) {
        if (section.name != ".nv_fatbin" && section.name != "__nv_relfatbin") continue;
        for (std::size_t at = 0; at < section.data.size();) {
            if (section.data[at] == std::byte{0}) {
                ++at;
                continue;
            }
            const std::uint64_t start = section.offset + at, left = section.data.size() - at;
            const std::uint64_t size = fatbin_bytes(section.data.subspan(at), file, start);
            if (size > left) elf.fail(fmt::format("byte {}: a fat binary of {} bytes is cut off: {} are left", start, size, left));
            found.push_back({section.name, start, size, read_fatbin(section.data.subspan(at, size), file, start)});
            at += size;
        }
    }
    std::ranges::stable_sort(found, {}, &EmbeddedFatbin::offset);
    return found;
}

const FatbinEntry* choose_image(std::span<const FatbinEntry> entries, unsigned architecture) {
    const FatbinEntry* best = nullptr;
    const auto rank = [](const FatbinEntry& entry) {
        return std::tuple(entry.kind == ImageKind::Elf, entry.architecture, entry.accelerated, entry.family);
    };
    for (const FatbinEntry& entry : entries) {
        const bool runs =
            entry.kind == ImageKind::Elf ? runs_elf(entry, architecture) : entry.kind == ImageKind::Ptx && runs_ptx(entry, architecture);
        if (runs && (!best || rank(entry) > rank(*best))) best = &entry;
    }
    return best;
}

std::string why_no_image(std::span<const FatbinEntry> entries, unsigned architecture) {
    std::string list;
    for (const FatbinEntry& entry : entries) list += (list.empty() ? "" : ", ") + entry.target();
    return list.empty() ? "the fat binary is empty" : fmt::format("nothing for sm_{}; the fat binary holds {}", architecture, list);
}

std::vector<std::byte> FatbinEntry::decompress() const {
    const std::string place = fmt::format("byte {}, image for {}", offset, target());
    if (kind == ImageKind::LtoIr) fail_at(file, 0, 0, place + ": an intermediate form for link-time optimisation, which only nvlink reads");
    if (image_bytes > kMaxImageBytes)
        fail_at(file, 0, 0, fmt::format("{}: {} bytes when decompressed; at most {} are accepted", place, image_bytes, kMaxImageBytes));
    std::vector<std::byte> image = compression == Compression::Lz4    ? decompress_lz4(payload, image_bytes, file, place)
                                   : compression == Compression::Zstd ? decompress_zstd(payload, image_bytes, file, place)
                                                                      : std::vector<std::byte>(payload.begin(), payload.end());
    if (kind == ImageKind::Ptx)
        while (!image.empty() && image.back() == std::byte{0}) image.pop_back();
    return image;
}

std::string FatbinEntry::target() const {
    const char* prefix = kind == ImageKind::Elf     ? "sm_"
                         : kind == ImageKind::Ptx   ? "compute_"
                         : kind == ImageKind::LtoIr ? "lto_"
                                                    : "unknown_";
    return fmt::format("{}{}{}", prefix, architecture, accelerated ? "a" : family ? "f" : "");
}

} // namespace heddle::cubin
