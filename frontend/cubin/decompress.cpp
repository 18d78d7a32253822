#include "frontend/cubin/decompress.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <zstd.h>

namespace heddle::cubin {
namespace {

// Takes LZ4 sequences from a block: token, literals, then a copy of earlier output.
class Lz4Block {
  public:
    Lz4Block(std::span<const std::byte> data, std::uint64_t size, const std::string& file, const std::string& place)
        : data_(data), size_(size), file_(file), place_(place) {
        out_.reserve(size);
    }

    std::vector<std::byte> run() && {
        while (true) {
            const unsigned token = byte();
            copy_literals(length(token >> 4));
            if (at_ == data_.size()) break;      // the last sequence has no copy
            const std::size_t back = distance(); // stands before the rest of the length
            copy_earlier(back, length(token & 15) + 4);
        }
        if (out_.size() != size_) fail(fmt::format("{} bytes came out instead of {}", out_.size(), size_));
        return std::move(out_);
    }

  private:
    unsigned byte() {
        if (at_ == data_.size()) fail("they end too early");
        return std::to_integer<unsigned>(data_[at_++]);
    }
    // 15 in the token means that bytes follow to be added, until one is not 255.
    std::uint64_t length(unsigned nibble) {
        std::uint64_t total = nibble;
        if (nibble == 15)
            for (unsigned more = 255; more == 255; total += more) more = byte();
        return total;
    }
    void copy_literals(std::uint64_t count) {
        if (count > data_.size() - at_) fail("they end too early");
        room_for(count);
        out_.insert(out_.end(), data_.begin() + static_cast<std::ptrdiff_t>(at_), data_.begin() + static_cast<std::ptrdiff_t>(at_ + count));
        at_ += count;
    }
    std::size_t distance() {
        const unsigned low = byte();
        return low | byte() << 8;
    }
    void copy_earlier(std::size_t back, std::uint64_t count) {
        if (back == 0 || back > out_.size()) fail(fmt::format("a copy from {} bytes before byte {}", back, out_.size()));
        room_for(count);
        for (std::size_t from = out_.size() - back; count > 0; --count) out_.push_back(out_[from++]); // may overlap
    }
    void room_for(std::uint64_t count) const {
        if (count > size_ - out_.size()) fail(fmt::format("more than the promised {} bytes come out", size_));
    }
    [[noreturn]] void fail(const std::string& what) const {
        fail_at(file_, 0, 0, fmt::format("{}: the LZ4 data are damaged: {}", place_, what));
    }

    std::span<const std::byte> data_;
    std::uint64_t size_;
    const std::string& file_;
    const std::string& place_;
    std::size_t at_ = 0;
    std::vector<std::byte> out_;
};

} // namespace

std::vector<std::byte> decompress_lz4(std::span<const std::byte> data, std::uint64_t size, const std::string& file,
                                      const std::string& place) {
    // A byte of LZ4 makes at most 255 bytes, so a promise beyond that is not worth the memory.
    if (size > data.size() * 255)
        fail_at(file, 0, 0, fmt::format("{}: {} bytes of LZ4 data cannot hold {} bytes", place, data.size(), size));
    return Lz4Block(data, size, file, place).run();
}

std::vector<std::byte> decompress_zstd(std::span<const std::byte> data, std::uint64_t size, const std::string& file,
                                       const std::string& place) {
    const auto fail = [&](const std::string& what) { fail_at(file, 0, 0, fmt::format("{}: the zstd data are damaged: {}", place, what)); };
    const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    if (!stream) fail("cannot start");
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    std::vector<std::byte> out;
    std::size_t result = 1;
    std::uint64_t filled = 0;
    // Memory grows with what really comes out, not with what the container promises.
    while (result != 0) {
        if (filled == out.size()) {
            if (filled > size) fail(fmt::format("more than the promised {} bytes come out", size));
            out.resize(std::min<std::uint64_t>(size + 1, std::max<std::uint64_t>(2 * filled, 64 << 10)));
        }
        ZSTD_outBuffer to{out.data(), out.size(), filled};
        const std::size_t taken = in.pos;
        result = ZSTD_decompressStream(stream.get(), &to, &in);
        if (ZSTD_isError(result)) fail(ZSTD_getErrorName(result));
        if (result != 0 && to.pos == filled && in.pos == taken) fail("they end too early");
        filled = to.pos;
    }
    if (filled != size) fail(fmt::format("{} bytes came out instead of {}", filled, size));
    out.resize(filled);
    return out;
}

} // namespace heddle::cubin
