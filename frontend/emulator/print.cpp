#include "frontend/emulator/print.hpp"

#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/fault.hpp"

#include <cstring>
#include <fmt/format.h>

namespace heddle::emulator {

namespace {

constexpr std::size_t kLongestText = 1 << 16;

// Reads arguments one after another, each aligned to its size.
class Arguments {
  public:
    Arguments(Warp& warp, unsigned lane, Address at) : warp_(warp), lane_(lane), at_(at) {}
    template <class T> T next() {
        at_ = (at_ + sizeof(T) - 1) / sizeof(T) * sizeof(T);
        T value;
        std::memcpy(&value, generic_bytes(warp_, lane_, at_, sizeof(T), false), sizeof(T));
        at_ += sizeof(T);
        ++count_;
        return value;
    }
    int count() const { return count_; }

  private:
    Warp& warp_;
    unsigned lane_;
    Address at_;
    int count_ = 0;
};

// Formats with C's printf; `spec` is one conversion whose argument has the matching type.
template <class T> void append(std::string& out, const std::string& spec, T value) {
    char buffer[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    const int length = std::snprintf(buffer, sizeof buffer, spec.c_str(), value);
    if (length < static_cast<int>(sizeof buffer)) {
        out.append(buffer, static_cast<std::size_t>(std::max(length, 0)));
        return;
    }
    std::string big(static_cast<std::size_t>(length) + 1, '\0');
    std::snprintf(big.data(), big.size(), spec.c_str(), value);
#pragma GCC diagnostic pop
    big.pop_back();
    out += big;
}

// One conversion, `spec` without its length modifiers.
void convert(std::string& out, std::string spec, bool wide, char conversion, Warp& w, unsigned lane, Arguments& arguments) {
    switch (conversion) {
    case 'd':
    case 'i':
        if (wide) append(out, spec + "ll" + conversion, arguments.next<long long>());
        else append(out, spec + conversion, arguments.next<int>());
        break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        if (wide) append(out, spec + "ll" + conversion, arguments.next<unsigned long long>());
        else append(out, spec + conversion, arguments.next<unsigned>());
        break;
    case 'c': append(out, spec + conversion, arguments.next<int>()); break;
    case 'p': {
        const auto value = arguments.next<unsigned long long>();
        append(out, spec + "s", fmt::format("0x{:x}", value).c_str());
        break;
    }
    case 's': {
        const auto address = arguments.next<Address>();
        append(out, spec + "s", address == 0 ? "(null)" : read_text(w, lane, address).c_str());
        break;
    }
    default: append(out, spec + conversion, arguments.next<double>()); break;
    }
}

std::string format_text(Warp& w, unsigned lane, const std::string& format, Arguments& arguments) {
    std::string out;
    for (std::size_t i = 0; i < format.size();) {
        if (format[i] != '%') {
            out += format[i++];
            continue;
        }
        std::size_t j = i + 1;
        std::string spec = "%";
        bool wide = false, bad = false;
        for (; j < format.size(); ++j) {
            const char c = format[j];
            if (std::strchr("-+ #0123456789.", c)) spec += c;
            else if (c == '*') spec += std::to_string(arguments.next<int>());
            else break;
        }
        for (; j < format.size() && std::strchr("hlLqjzt", format[j]); ++j) wide |= format[j] != 'h';
        const char conversion = j < format.size() ? format[j] : '\0';
        if (conversion == '%') out += '%';
        else if (conversion != '\0' && std::strchr("diuoxXcpsfFeEgGaA", conversion) && spec.size() < 32) convert(out, spec, wide, conversion, w, lane, arguments);
        else bad = true;
        if (bad) out.append(format, i, j - i + 1);
        i = j + 1;
    }
    return out;
}

} // namespace

std::byte* generic_bytes(Warp& warp, unsigned lane, Address address, Bytes bytes, bool write) {
    Cta& cta = warp.cta();
    const Address offset = address % DeviceMemory::kWindowBytes;
    const Address window = address - offset;
    std::byte* found = nullptr;
    if (window == DeviceMemory::kSharedWindow) {
        if (offset + bytes <= cta.shared_bytes()) found = cta.shared() + offset;
    } else if (window == DeviceMemory::kLocalWindow) {
        if (offset + bytes <= cta.local_bytes()) found = cta.local(warp.number() * kLanes + lane) + offset;
    } else {
        found = cta.grid().device().memory().bytes(address, bytes);
    }
    if (!found)
        throw DeviceFault(FaultKind::IllegalAddress, fmt::format("invalid {} of size {} at 0x{:x}", write ? "write" : "read", bytes, address), lane);
    return found;
}

std::string read_text(Warp& warp, unsigned lane, Address address) {
    std::string text;
    for (; text.size() < kLongestText; ++address) {
        const char c = static_cast<char>(*generic_bytes(warp, lane, address, 1, false));
        if (c == '\0') break;
        text += c;
    }
    return text;
}

int print(Warp& warp, unsigned lane, Address format, Address arguments) {
    if (format == 0) return -1;
    Arguments list(warp, lane, arguments);
    const std::string text = format_text(warp, lane, read_text(warp, lane, format), list);
    std::fwrite(text.data(), 1, text.size(), warp.cta().grid().device().output);
    return list.count();
}

} // namespace heddle::emulator
