// What the tests of Accel-Sim traces share: files in a folder of their own, compression, and streams laid out flat.
#pragma once

#include "frontend/trace/accelsim.hpp"
#include "sim/base/error.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <lzma.h>
#include <string>
#include <unistd.h>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace heddle {

// A folder that is removed with everything in it.
class TestFolder {
  public:
    TestFolder() {
        static std::atomic<unsigned> count{0};
        path_ = std::filesystem::temp_directory_path() / ("heddle_test_" + std::to_string(getpid()) + "_" + std::to_string(count++));
        std::filesystem::create_directories(path_);
    }
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path write(const std::string& name, const std::string& content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

inline std::string gzip(const std::string& text) {
    z_stream s{};
    deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&s, text.size()) + 64, '\0');
    s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    s.avail_in = static_cast<uInt>(text.size());
    s.next_out = reinterpret_cast<Bytef*>(out.data());
    s.avail_out = static_cast<uInt>(out.size());
    deflate(&s, Z_FINISH);
    out.resize(s.total_out);
    deflateEnd(&s);
    return out;
}
inline std::string xz(const std::string& text) {
    std::string out(lzma_stream_buffer_bound(text.size()), '\0');
    std::size_t size = 0;
    lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                            reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size());
    out.resize(size);
    return out;
}
inline std::string zstd(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

struct HeaderText {
    unsigned version = 5;
    std::string grid = "(1,1,1)", block = "(32,1,1)";
    std::string more; // further lines, each with '\n'
    unsigned architecture = 80;
};

// The header of a kernel trace, its format line included.
inline std::string header_text(const HeaderText& h = {}) {
    return "-kernel name = test\n-kernel id = 1\n-grid dim = " + h.grid + "\n-block dim = " + h.block +
           "\n-shmem = 1024\n-nregs = 32\n-binary version = " + std::to_string(h.architecture) +
           "\n-cuda stream id = 7\n-shmem base_addr = 0x00007f0002000000\n-local mem base_addr = 0x00007f0000000000\n-nvbit version = 1.7\n"
           "-accelsim tracer version = " +
           std::to_string(h.version) + "\n" + h.more + "\n#traces format = PC mask ...\n\n";
}

inline std::string warp_text(unsigned number, const std::vector<std::string>& lines) {
    std::string text = "warp = " + std::to_string(number) + "\ninsts = " + std::to_string(lines.size()) + "\n";
    for (const std::string& line : lines) text += line + "\n";
    return text + "\n";
}

inline std::string block_text(const std::string& index, const std::string& warps) {
    return "#BEGIN_TB\n\nthread block = " + index + "\n\n" + warps + "#END_TB\n\n";
}

// One executed instruction with the addresses of its active lanes.
struct FlatInstruction {
    const StaticInstruction* code = nullptr;
    std::uint32_t mask = 0;
    bool has_pattern = false;
    AddressPattern pattern;
    std::vector<Address> addresses;
};
struct FlatKernel {
    std::shared_ptr<Kernel> kernel; // keeps the code
    std::vector<Dim3> blocks;
    std::vector<std::vector<std::vector<FlatInstruction>>> warps; // [block][warp][instruction]
    std::uint64_t instructions = 0;
};
struct FlatWorkload {
    std::vector<FlatKernel> kernels;
    std::vector<std::pair<Address, Bytes>> copies;
    FrontendNotes notes;
    std::string digest;
};

inline FlatWorkload flatten(Workload& workload) {
    FlatWorkload flat;
    flat.digest = workload.digest();
    while (auto command = workload.next_command()) {
        if (command->kind == Command::Kind::CopyToDevice) {
            flat.copies.emplace_back(command->address, command->bytes);
            continue;
        }
        FlatKernel kernel;
        kernel.kernel = std::move(command->kernel);
        while (auto cta = kernel.kernel->next_cta()) {
            kernel.blocks.push_back(cta->index);
            auto& warps = kernel.warps.emplace_back();
            for (auto& stream : cta->warps) {
                auto& out = warps.emplace_back();
                for (;;) {
                    const InstructionChunk chunk = stream->next_chunk();
                    if (chunk.instructions.empty()) break;
                    for (const DynamicInstruction& d : chunk.instructions) {
                        FlatInstruction f{d.code, d.active_mask, d.address != kNoAddress, {}, {}};
                        if (f.has_pattern) {
                            f.pattern = chunk.patterns[d.address];
                            unsigned k = 0;
                            for (unsigned lane = 0; lane < kLanes; ++lane)
                                if (d.active_mask >> lane & 1) f.addresses.push_back(chunk.lane_address(f.pattern, lane, k++));
                        }
                        out.push_back(std::move(f));
                        ++kernel.instructions;
                    }
                }
            }
        }
        flat.kernels.push_back(std::move(kernel));
    }
    flat.notes = workload.notes();
    return flat;
}

inline FlatWorkload read_trace(const std::filesystem::path& path, bool strict = false) {
    auto workload = open_accelsim(path, {strict});
    return flatten(*workload);
}

// The message of the error that reading `path` gives; empty if it gives none.
inline std::string error_of(const std::filesystem::path& path, bool strict = false) {
    try {
        read_trace(path, strict);
    } catch (const UserError& error) {
        return error.what();
    }
    return {};
}

inline std::uint64_t count_of(const std::vector<FrontendNotes::Count>& counts, const std::string& what) {
    for (const auto& count : counts)
        if (count.what == what) return count.count;
    return 0;
}

} // namespace heddle
