#include "frontend/cubin/nv_info.hpp"

#include "sim/base/error.hpp"

namespace heddle::cubin {
namespace {

// How the value of an entry is stored (EIFMT_*).
constexpr std::uint8_t kNoValue = 1, kByte = 2, kShort = 3, kSized = 4;

} // namespace

std::vector<Attribute> read_attributes(const ElfFile& elf, std::size_t index) {
    const std::span<const std::byte> data = elf.sections()[index].data;
    std::vector<Attribute> attributes;
    for (std::size_t at = 0; at < data.size();) {
        const auto fail = [&](const std::string& what) { elf.fail(fmt::format("{}, byte {}: {}", elf.place(index), at, what)); };
        if (data.size() - at < 4) fail("an attribute is cut off");
        const auto format = number_at<std::uint8_t>(data, at);
        Attribute entry{number_at<std::uint8_t>(data, at + 1), number_at<std::uint16_t>(data, at + 2), {}};
        std::size_t next = at + 4;
        switch (format) {
        case kNoValue:
        case kShort: break;
        case kByte: entry.value &= 0xff; break;
        case kSized:
            if (entry.value > data.size() - next) fail(fmt::format("attribute {:#x} of {} bytes is cut off", entry.kind, entry.value));
            entry.data = data.subspan(next, entry.value);
            next += entry.value;
            break;
        default: fail(fmt::format("attribute {:#x} has the unknown format {}", entry.kind, format));
        }
        attributes.push_back(entry);
        at = next;
    }
    return attributes;
}

} // namespace heddle::cubin
