// A hash table with open addressing: inserts by 64-bit atomicCAS, counts by atomicAdd on found entries, look-ups, and removal marks.
// Stresses: 64-bit atomics, data-dependent probe loops with divergence, 128-bit loads of entries.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 128;
constexpr unsigned long long kEmpty = ~0ull, kRemoved = ~0ull - 1;

struct alignas(16) Entry {
    unsigned long long key;
    unsigned long long count;
};

__host__ __device__ inline unsigned hash_of(unsigned long long key) {
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdull;
    key ^= key >> 33;
    return static_cast<unsigned>(key);
}

__global__ void insert(int n, const unsigned long long* keys, unsigned mask, Entry* table) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const unsigned long long key = keys[i];
    for (unsigned place = hash_of(key) & mask;; place = (place + 1) & mask) {
        const unsigned long long old = atomicCAS(&table[place].key, kEmpty, key);
        if (old == kEmpty || old == key) {
            atomicAdd(&table[place].count, 1ull);
            return;
        }
    }
}

// The count of a key, 0 if it is not there. Reads an entry with one 16-byte load.
__global__ void look_up(int n, const unsigned long long* keys, unsigned mask, const Entry* table, unsigned* counts) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    for (unsigned place = hash_of(keys[i]) & mask;; place = (place + 1) & mask) {
        const ulonglong2 entry = *reinterpret_cast<const ulonglong2*>(table + place);
        if (entry.x == keys[i]) {
            counts[i] = static_cast<unsigned>(entry.y);
            return;
        }
        if (entry.x == kEmpty) {
            counts[i] = 0;
            return;
        }
    }
}

__global__ void remove_odd_counts(unsigned size, Entry* table) {
    const unsigned i = blockIdx.x * kBlock + threadIdx.x;
    if (i < size && table[i].key != kEmpty && table[i].count % 2 == 1) table[i].key = kRemoved;
}

int main(int argc, char** argv) {
    workload::Run run("hash_table", argc, argv);
    const int n = run.pick(4'000, 40'000, 500'000, 2'000'000), distinct = n / 3;
    unsigned size = 1;
    while (size < static_cast<unsigned>(distinct) * 3 / 2) size *= 2;
    std::vector<unsigned long long> pool(distinct), keys(n), wanted(n);
    for (auto& key : pool) key = run.random().bits64() >> 2;
    for (auto& key : keys) key = pool[run.random().below(distinct)];
    for (auto& key : wanted) key = run.random().below(4) == 0 ? run.random().bits64() >> 2 : pool[run.random().below(distinct)];
    auto sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    std::vector<unsigned> expected(n), expected_even(n);
    for (int i = 0; i < n; ++i) {
        const auto range = std::equal_range(sorted.begin(), sorted.end(), wanted[i]);
        expected[i] = static_cast<unsigned>(range.second - range.first);
        expected_even[i] = expected[i] % 2 == 0 ? expected[i] : 0;
    }

    workload::DeviceArray<unsigned long long> dkeys(keys), dwanted(wanted);
    workload::DeviceArray<Entry> table(size);
    workload::DeviceArray<unsigned> counts(n);
    const std::vector<Entry> empty(size, Entry{kEmpty, 0});
    const int grid = workload::ceil_div(n, kBlock);
    run.launch(
        "insert", [&] { table.upload(empty); }, [&] { insert<<<grid, kBlock>>>(n, dkeys, size - 1, table); });
    run.launch("look up", [&] { look_up<<<grid, kBlock>>>(n, dwanted, size - 1, table, counts); });
    run.check_equal("counts", counts.to_host(), expected);
    run.launch("remove", [&] { remove_odd_counts<<<workload::ceil_div(size, unsigned(kBlock)), kBlock>>>(size, table); });
    run.launch("look up again", [&] { look_up<<<grid, kBlock>>>(n, dwanted, size - 1, table, counts); });
    run.check_equal("counts after removal", counts.to_host(), expected_even);
    return run.finish();
}
