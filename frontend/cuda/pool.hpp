// Memory pools: what cudaMallocAsync allocates from.
//
// What is modelled: allocation and release take effect at once, in the order of the calls; attributes are kept; how much is in use.
// What is not: re-use of freed memory within a pool (memory goes back to the device), sharing between processes.
#pragma once

#include "frontend/cuda/abi.hpp"
#include "sim/base/units.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>

namespace heddle::cuda {

struct Pool {
    std::map<int, std::uint64_t> attributes; // cudaMemPoolAttr, as set
    abi::PoolProperties properties;
    Bytes used = 0, used_high = 0;
};

class PoolStore {
  public:
    PoolStore();
    Pool& default_pool() { return *default_; }
    Pool& current() { return *current_; }
    void set_current(Pool& pool) { current_ = &pool; }
    // Throws Failure(InvalidValue).
    Pool& find(void* handle);
    Pool* create(const abi::PoolProperties& properties);
    void destroy(void* handle);

    void allocated(Pool& pool, Address address, Bytes bytes);
    void released(Address address);

  private:
    std::unordered_map<const void*, std::unique_ptr<Pool>> pools_;
    Pool* default_;
    Pool* current_;
    std::map<Address, std::pair<Pool*, Bytes>> owners_;
};

} // namespace heddle::cuda
