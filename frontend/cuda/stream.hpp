// Streams and events.
//
// What hardware this is: queues of work that the driver keeps, and time stamps in them.
// What is modelled: the legacy default stream with its implicit ordering against blocking streams, per-thread default streams, priorities,
// capture into graphs. What is not: memory attached to streams, access-policy windows (accepted, without effect).
#pragma once

#include "frontend/cuda/operation.hpp"

#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

namespace heddle::cuda {

class Graph;
struct Node;
struct Stream;

// A sequence of captured work: begun by one stream, joined by others through events.
struct Capture {
    std::uint64_t id = 0;
    std::shared_ptr<Graph> graph;
    Stream* origin = nullptr;
    std::vector<Stream*> streams; // all that take part
    int mode = 0;                 // 0 global, 1 thread-local, 2 relaxed
    std::thread::id thread;
    bool invalidated = false;
    bool into_existing = false; // cudaStreamBeginCaptureToGraph: the graph belongs to the program
};

struct Stream {
    StreamId id = 0;
    unsigned flags = 0; // 1: non-blocking
    int priority = 0;
    std::shared_ptr<Capture> capture; // null: not capturing
    std::vector<Node*> tails;         // of the capture: what the next node depends on
    bool blocking() const { return (flags & 1) == 0; }
};

struct Event {
    unsigned flags = 0; // 2: no timing
    bool recorded = false;
    Ticket ticket = 0;
    std::shared_ptr<Capture> capture; // last recorded in this capture
    std::vector<Node*> tails;
};

inline void* const kLegacyStream = reinterpret_cast<void*>(1);    // cudaStreamLegacy
inline void* const kPerThreadStream = reinterpret_cast<void*>(2); // cudaStreamPerThread

class StreamStore {
  public:
    StreamStore();

    // The stream behind a handle: null and 1 are the legacy default stream, 2 the calling thread's own. Throws
    // Failure(InvalidResourceHandle).
    Stream& find(void* handle);
    Stream& legacy() { return *legacy_; }
    Stream* create(unsigned flags, int priority);
    // The `number`-th stream that no program knows of, for branches of graphs. Non-blocking.
    Stream* internal(std::size_t number);
    // False if `handle` is no stream of the program.
    bool destroy(void* handle);
    bool any_capture(int strictest_mode) const; // a capture in a mode of at most this number is under way
    template <class Visit> void for_each(Visit visit) {
        for (auto& [handle, stream] : streams_) visit(*stream);
    }

    // Throws Failure(InvalidResourceHandle).
    std::shared_ptr<Event> event(void* handle) const;
    Event* create_event(unsigned flags);
    bool destroy_event(void* handle);

  private:
    Stream& per_thread();
    std::unique_ptr<Stream> legacy_;
    std::unordered_map<const void*, std::unique_ptr<Stream>> streams_; // per-thread ones too
    std::vector<std::unique_ptr<Stream>> internal_;
    std::unordered_map<std::thread::id, Stream*> per_thread_;
    std::unordered_map<const void*, std::shared_ptr<Event>> events_;
    StreamId next_id_ = 1;
};

} // namespace heddle::cuda
