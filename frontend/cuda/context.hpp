// Everything the runtime knows in this process: the emulated GPU and what the program has made on it.
//
// What hardware this is: the primary context of device 0.
// What is modelled: one GPU, one context, shared by the runtime and the driver API. Work is carried out in the order of
// the calls: a backend may delay kernels, everything else happens at once after the kernels ahead of it. An error inside a
// kernel makes every later call fail (a sticky error), as on hardware.
// What is not: other devices, contexts of their own for cuCtxCreate (they share memory), host functions that wait for
// later calls of the program.
#pragma once

#include "frontend/cuda/array.hpp"
#include "frontend/cuda/backend.hpp"
#include "frontend/cuda/graph.hpp"
#include "frontend/cuda/image.hpp"
#include "frontend/cuda/pool.hpp"
#include "frontend/cuda/session.hpp"
#include "frontend/cuda/stream.hpp"
#include "frontend/cuda/texture_store.hpp"
#include "frontend/cuda/virtual_memory.hpp"

#include <map>
#include <mutex>
#include <set>

namespace heddle::cuda {

class Context {
  public:
    // The context, made at the first call. Throws UserError if the session cannot be used.
    static Context& get();
    // The context if it has been made, else null.
    static Context* existing();
    static std::mutex& mutex();

    Session session;
    std::string folder; // of the session; empty: none, nothing is written
    emulator::Device device;
    std::unique_ptr<Backend> backend;
    ImageStore images{device};
    StreamStore streams;
    GraphStore graphs;
    PoolStore pools;
    ArrayStore arrays{device.memory()};
    TextureStore textures{device, arrays};
    VirtualMemory virtual_memory{device.memory()};
    ProcessRecord record;

    // Flags of pinned and registered memory by address, for cudaHostGetFlags.
    std::map<Address, unsigned> host_flags;
    // Memory owned by graphs: freed with them, not by cudaFree.
    std::set<Address> graph_memory;
    std::map<int, std::size_t> limits; // cudaLimit; those never set have their defaults

    // --- work ---------------------------------------------------------------------------------------------------------
    // Puts an operation into a stream: carried out now, or added to the graph the stream is capturing.
    void submit(Stream& stream, Operation operation);
    // Carries out an operation in a stream that does not capture.
    void execute(const Operation& operation, Stream& stream);
    void launch_graph(const Graph& graph, Stream& stream);
    // Carries out all work that is queued. Faults become sticky errors. Throws Failure.
    void synchronize();
    // Runs `body` with the lock released: for functions of the program.
    template <class Body> void unlocked(Body body) {
        mutex().unlock();
        struct Relock {
            ~Relock() { mutex().lock(); }
        } relock;
        body();
    }

    // --- errors -------------------------------------------------------------------------------------------------------
    // Reports a fault on standard error and keeps it. The call during which it happened may have been successful already.
    void fail(const emulator::DeviceFault& fault);
    // The sticky error that calls return from now on; a fault of an earlier call becomes sticky with this.
    Error sticky();
    Error sticky_now() const { return sticky_; }

    // Counts a call of a function that is not implemented, and says so once.
    void count_unsupported(const char* function);

    bool forked() const; // a child process of the one that made the context

  private:
    explicit Context(Session session, std::string folder);
    void order_streams(Stream& stream);
    void run_kernel(const KernelOperation& kernel, const Stream& stream);
    void launch_one(const emulator::LaunchRequest& request, const LaunchOptions& options);
    void run_device_launches();
    void count_launch(const emulator::LaunchRequest& request, std::uint64_t warps, std::uint64_t threads);
    Error sticky_ = Error::Success, pending_ = Error::Success;
    bool legacy_used_ = false, blocking_used_ = false; // since the last fence
    std::uint64_t owner_ = 0;                          // process id
};

} // namespace heddle::cuda
