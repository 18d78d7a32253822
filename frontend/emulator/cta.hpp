// A thread block (CTA) under emulation: its warps, shared memory, named barriers, local memory.
//
// What is modelled: 16 named barriers with thread counts, reductions over barriers, shared memory with bounds, one local
// memory per thread, clusters of CTAs that see each other's shared memory.
// What is not: the time anything takes. Sources: PTX ISA manual (barrier, cluster, shared memory).
#pragma once

#include "frontend/emulator/warp.hpp"
#include "sim/isa/warp_stream.hpp"

#include <array>
#include <memory>
#include <vector>

namespace heddle::emulator {

class Grid;
class Cluster;

inline constexpr unsigned kNamedBarriers = 16;

// A CTA barrier: who has arrived, and the reduction in progress.
struct NamedBarrier {
    std::uint32_t arrived = 0;  // threads, a warp whose live lanes are all there counts as 32
    std::uint32_t waiting = 0;  // live lanes among them that wait
    std::uint32_t expected = 0; // 0: every thread of the CTA that has not exited
    std::uint32_t count = 0;    // threads whose predicate was true
    bool all = true, any = false;
};

class Cta {
  public:
    Cta(Grid& grid, Dim3 index, std::uint64_t linear);

    Grid& grid() { return grid_; }
    const Dim3& index() const { return index_; }
    std::uint64_t linear() const { return linear_; }

    std::vector<std::unique_ptr<Warp>> warps;
    std::array<NamedBarrier, kNamedBarriers> barriers;

    // Shared memory: reserved bytes (1 KiB from sm_90 on), static, then dynamic.
    std::byte* shared() { return shared_.get(); }
    Bytes shared_bytes() const { return shared_bytes_; }

    // Local memory of a thread, `local_bytes()` long.
    std::byte* local(std::uint32_t thread);
    Bytes local_bytes() const { return local_bytes_; }

    // The cluster this CTA belongs to, or null; its rank in it.
    Cluster* cluster = nullptr;
    std::uint32_t rank = 0;

    // Number of a thread in its CTA; lanes of warp w are threads 32w to 32w+31.
    Dim3 thread_index(std::uint32_t thread) const;

    bool finished() const { return live_threads_ == 0; }
    // Nobody can go on: which warp waits for what, for messages.
    std::string wait_report() const;

    // An operation BAR of the running split of `warp`: number, thread count (0: all), whether it goes on without waiting,
    // and the predicate of a reduction.
    void arrive(Warp& warp, std::uint32_t number, std::uint32_t count, bool go_on, Mask predicate);
    void lanes_exited(std::uint32_t count);
    std::uint32_t live_threads() const { return live_threads_; }

    // Runs every warp until nothing can proceed or `turn` warp instructions were executed in all. Returns true if
    // anything was executed. Throws DeviceFault with the place filled in.
    bool run(std::uint64_t turn);

    // State that families attach to a CTA: mbarriers need none (they live in shared memory); asynchronous copies in flight do.
    struct Attachment {
        virtual ~Attachment() = default;
    };
    std::unique_ptr<Attachment> hopper; // owned by bind_hopper's operations
    std::unique_ptr<Attachment> memory; // owned by bind_memory's operations

  private:
    bool run_warp(Warp& warp, std::uint64_t turn);
    void run_split(Warp& warp, std::uint64_t turn);
    void complete(std::uint32_t number);
    void check_barriers();
    void locate(class DeviceFault& fault, const Warp& warp) const;
    bool check_barriers_ = false, released_ = false, sleeping_ = false;
    std::uint32_t live_threads_ = 0;
    Grid& grid_;
    Dim3 index_;
    std::uint64_t linear_;
    std::unique_ptr<std::byte[]> shared_, local_;
    Bytes shared_bytes_ = 0, local_bytes_ = 0;
};

// CTAs that run together and see each other's shared memory.
class Cluster {
  public:
    std::vector<Cta*> ctas;          // by rank
    Dim3 shape{};
    std::uint64_t generation = 0;    // completed cluster barriers
    // Threads arrive at the cluster barrier; once all that have not exited are there, the waiting ones go on.
    void arrive(std::uint32_t threads);
    void check();                    // after threads have exited

  private:
    std::uint32_t arrived_ = 0;
};

} // namespace heddle::emulator
