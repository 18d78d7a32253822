// Locks: test-and-set among lanes of one warp, a ticket lock among warps, a lock by CTA with fences, fine-grained locks on buckets of
// a table, and a flag passed from thread to thread of a warp.
// Stresses: forward progress of divergent lanes (independent thread scheduling), atomicCAS and atomicExch loops, fences, volatile loads.
#include "common/workload.hpp"

constexpr int kBlock = 64;

__device__ void lock(int* mutex) {
    while (atomicCAS(mutex, 0, 1) != 0) __nanosleep(32);
    __threadfence();
}
__device__ void unlock(int* mutex) {
    __threadfence();
    atomicExch(mutex, 0);
}

// Every lane of every warp enters the critical section in turn: the update is not atomic by itself.
__global__ void lane_lock(int rounds, int* mutex, volatile int* counter, volatile unsigned* hash) {
    for (int round = 0; round < rounds; ++round) {
        lock(mutex);
        *counter = *counter + 1;
        *hash = *hash * 3 + 1;
        unlock(mutex);
    }
}

// First come, first served: the order of tickets is the order of entry.
__global__ void ticket_lock(int rounds, unsigned* next_ticket, volatile unsigned* serving, unsigned* log, volatile int* entered) {
    if (threadIdx.x % 32 != 0) return;
    for (int round = 0; round < rounds; ++round) {
        const unsigned ticket = atomicAdd(next_ticket, 1u);
        while (*serving != ticket) __nanosleep(32);
        __threadfence();
        log[*entered] = ticket;
        *entered = *entered + 1;
        __threadfence();
        *serving = ticket + 1;
    }
}

// One thread a CTA takes the lock, all threads of the CTA work under it.
__global__ void block_lock(int* mutex, volatile int* values) {
    if (threadIdx.x == 0) lock(mutex);
    __syncthreads();
    values[threadIdx.x] = values[threadIdx.x] + blockIdx.x;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) unlock(mutex);
}

struct Account {
    int mutex;
    int balance;
};

// Moves money between two accounts, locking both in ascending order so that no deadlock arises.
__global__ void transfers(int n, int accounts, const uint4* orders, Account* book) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const int from = orders[i].x % accounts, to = orders[i].y % accounts, amount = orders[i].z % 100;
    if (from == to) return;
    Account *low = book + min(from, to), *high = book + max(from, to);
    bool done = false;
    while (!done) {
        if (atomicCAS(&low->mutex, 0, 1) == 0) {
            if (atomicCAS(&high->mutex, 0, 1) == 0) {
                __threadfence();
                volatile int* source = &book[from].balance;
                volatile int* target = &book[to].balance;
                *source = *source - amount;
                *target = *target + amount;
                __threadfence();
                atomicExch(&high->mutex, 0);
                done = true;
            }
            atomicExch(&low->mutex, 0);
        }
    }
}

// Lane after lane of a warp: each waits for its predecessor through shared memory, the last lane goes first.
__global__ void relay(unsigned* out) {
    __shared__ volatile unsigned turn, value;
    const unsigned lane = threadIdx.x;
    if (lane == 0) {
        turn = 31;
        value = 1;
    }
    __syncwarp();
    while (turn != lane) {
    }
    value = value * 5 + lane;
    __threadfence_block();
    turn = lane - 1;
    __syncwarp();
    if (lane == 0) *out = value;
}

int main(int argc, char** argv) {
    workload::Run run("spin_lock", argc, argv);
    const int grid = run.pick(2, 4, 32, 64), rounds = run.pick(2, 3, 8, 16), threads = grid * kBlock;
    workload::DeviceArray<int> words(4);
    workload::DeviceArray<unsigned> unsigned_words(4);
    const auto clear = [&] {
        words.fill_bytes(0);
        unsigned_words.fill_bytes(0);
    };

    run.launch("lanes", clear, [&] { lane_lock<<<grid, kBlock>>>(rounds, words.get(), words.get() + 1, unsigned_words.get()); });
    unsigned hash = 0;
    for (int i = 0; i < threads * rounds; ++i) hash = hash * 3 + 1;
    run.check_equal("entries by lanes", words.to_host()[1], threads * rounds);
    run.check_equal("hash by lanes", unsigned_words.to_host()[0], hash);

    const int entries = threads / 32 * rounds;
    workload::DeviceArray<unsigned> log(entries);
    run.launch("tickets", clear,
               [&] { ticket_lock<<<grid, kBlock>>>(rounds, unsigned_words.get(), unsigned_words.get() + 1, log, words.get()); });
    std::vector<unsigned> ascending(entries);
    for (int i = 0; i < entries; ++i) ascending[i] = i;
    run.check_equal("tickets", log.to_host(), ascending);

    workload::DeviceArray<int> values(kBlock);
    run.launch(
        "blocks",
        [&] {
            clear();
            values.fill_bytes(0);
        },
        [&] { block_lock<<<grid, kBlock>>>(words.get(), values); });
    run.check_equal("blocks", values.to_host(), std::vector<int>(kBlock, grid * (grid - 1) / 2));

    const int n = run.pick(200, 2'000, 20'000, 50'000), accounts = run.pick(20, 40, 200, 400);
    std::vector<uint4> orders(n);
    for (auto& order : orders) order = make_uint4(run.random().bits32(), run.random().bits32(), run.random().bits32(), 0);
    std::vector<Account> start(accounts, Account{0, 1000});
    auto expected = start;
    for (const uint4& order : orders) {
        expected[order.x % accounts].balance -= static_cast<int>(order.z % 100);
        expected[order.y % accounts].balance += static_cast<int>(order.z % 100);
    }
    workload::DeviceArray<uint4> dorders(orders);
    workload::DeviceArray<Account> book(accounts);
    run.launch(
        "transfers", [&] { book.upload(start); },
        [&] { transfers<<<workload::ceil_div(n, kBlock), kBlock>>>(n, accounts, dorders, book); });
    run.check_equal("transfers", book.to_host(), expected);

    run.launch("relay", clear, [&] { relay<<<1, 32>>>(unsigned_words.get()); });
    unsigned value = 1;
    for (int lane = 31; lane >= 0; --lane) value = value * 5 + lane;
    run.check_equal("relay", unsigned_words.to_host()[0], value);
    return run.finish();
}
