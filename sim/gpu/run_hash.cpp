#include "sim/gpu/run_hash.hpp"

#include <fmt/format.h>

namespace heddle {

namespace {

class Hash {
  public:
    void add(std::uint64_t value) {
        // splitmix64's finaliser over the running state: every bit of every value reaches every bit of the result.
        state_ = (state_ ^ value) + 0x9e3779b97f4a7c15ULL;
        state_ = (state_ ^ (state_ >> 30)) * 0xbf58476d1ce4e5b9ULL;
        state_ = (state_ ^ (state_ >> 27)) * 0x94d049bb133111ebULL;
        state_ ^= state_ >> 31;
    }
    void add(const std::string& text) {
        for (const char c : text) add(static_cast<unsigned char>(c));
        add(text.size());
    }
    std::uint64_t value() const { return state_; }

  private:
    std::uint64_t state_ = 0;
};

} // namespace

std::string run_hash(const RunRecord& record, const std::vector<std::uint64_t>& statistics, const std::vector<std::uint64_t>& sm_digests) {
    Hash hash;
    for (const auto& kernel : record.kernels) {
        hash.add(kernel.name);
        for (std::uint64_t value : {kernel.id, kernel.stream, kernel.ctas, kernel.start, kernel.end, kernel.cycles, kernel.warp_instructions, kernel.thread_instructions})
            hash.add(value);
        for (const auto& family : kernel.counters.families) hash.add(family.value);
    }
    for (std::uint64_t value : statistics) hash.add(value);
    for (std::uint64_t value : sm_digests) hash.add(value);
    return fmt::format("{:016x}", hash.value());
}

} // namespace heddle
