#include "frontend/cuda/pool.hpp"

#include "frontend/cuda/image.hpp"

#include <algorithm>

namespace heddle::cuda {

PoolStore::PoolStore() : default_(create({1, 0, {1, 0}})), current_(default_) {}

Pool& PoolStore::find(void* handle) {
    const auto found = pools_.find(handle);
    if (found == pools_.end()) throw Failure{Error::InvalidValue};
    return *found->second;
}

Pool* PoolStore::create(const abi::PoolProperties& properties) {
    auto pool = std::make_unique<Pool>();
    pool->properties = properties;
    pool->attributes = {{1, 1}, {2, 1}, {3, 1}, {4, 0}};
    Pool* handle = pool.get();
    pools_.emplace(handle, std::move(pool));
    return handle;
}

void PoolStore::destroy(void* handle) {
    Pool& pool = find(handle);
    if (&pool == default_) throw Failure{Error::InvalidValue};
    if (&pool == current_) current_ = default_;
    for (auto& [address, owner] : owners_)
        if (owner.first == &pool) owner.first = default_; // memory outlives its pool until it is freed
    pools_.erase(handle);
}

void PoolStore::allocated(Pool& pool, Address address, Bytes bytes) {
    owners_[address] = {&pool, bytes};
    pool.used += bytes;
    pool.used_high = std::max(pool.used_high, pool.used);
}

void PoolStore::released(Address address) {
    const auto found = owners_.find(address);
    if (found == owners_.end()) return;
    Pool& pool = *found->second.first;
    pool.used -= std::min(pool.used, found->second.second);
    owners_.erase(found);
}

} // namespace heddle::cuda
