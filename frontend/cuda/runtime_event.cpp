// Events through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/capture.hpp"

namespace heddle::cuda {

namespace {

constexpr unsigned kDisableTiming = 2, kInterprocess = 4, kEventFlags = 7;

// Work ahead of the event is caught up with, so it has always happened.
Error reach(const char* name, void* event) {
    return runtime_call(name, [&](Context& c) {
        require(!c.streams.event(event)->capture, Error::CapturedEvent);
        c.synchronize();
    });
}

} // namespace

HEDDLE_CUDA_API Error cudaEventCreateWithFlags(void** event, unsigned flags) {
    return runtime_call("cudaEventCreateWithFlags", [&](Context& c) {
        require((flags & ~kEventFlags) == 0 && ((flags & kInterprocess) == 0 || (flags & kDisableTiming) != 0));
        at(event) = c.streams.create_event(flags);
    });
}

HEDDLE_CUDA_API Error cudaEventCreate(void** event) { return cudaEventCreateWithFlags(event, 0); }

HEDDLE_CUDA_API Error cudaEventDestroy(void* event) {
    return runtime_call("cudaEventDestroy", [&](Context& c) { require(c.streams.destroy_event(event), Error::InvalidResourceHandle); });
}

HEDDLE_CUDA_API Error cudaEventRecord(void* event, void* stream) {
    return runtime_call("cudaEventRecord", [&](Context& c) { record_event(c, event, stream); });
}
HEDDLE_CUDA_ALIAS(cudaEventRecord_ptsz, cudaEventRecord);

// Flag 1: a node of its own in a graph that is being captured.
HEDDLE_CUDA_API Error cudaEventRecordWithFlags(void* event, void* stream, unsigned flags) {
    return runtime_call("cudaEventRecordWithFlags", [&](Context& c) {
        require(flags <= 1);
        Stream& target = c.streams.find(stream);
        if (flags == 1 && target.capture) c.submit(target, EventRecordOperation{c.streams.event(event)});
        else record_event(c, event, stream);
    });
}
HEDDLE_CUDA_ALIAS(cudaEventRecordWithFlags_ptsz, cudaEventRecordWithFlags);

HEDDLE_CUDA_API Error cudaStreamWaitEvent(void* stream, void* event, unsigned flags) {
    return runtime_call("cudaStreamWaitEvent", [&](Context& c) {
        require(flags <= 1);
        Stream& target = c.streams.find(stream);
        if (flags == 1 && target.capture) c.submit(target, EventWaitOperation{c.streams.event(event)});
        else wait_event(c, stream, event);
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamWaitEvent_ptsz, cudaStreamWaitEvent);

HEDDLE_CUDA_API Error cudaEventQuery(void* event) { return reach("cudaEventQuery", event); }

HEDDLE_CUDA_API Error cudaEventSynchronize(void* event) { return reach("cudaEventSynchronize", event); }

HEDDLE_CUDA_API Error cudaEventElapsedTime(float* milliseconds, void* start, void* end) {
    return runtime_call("cudaEventElapsedTime", [&](Context& c) {
        const auto from = c.streams.event(start), to = c.streams.event(end);
        require(((from->flags | to->flags) & kDisableTiming) == 0 && from->recorded && to->recorded, Error::InvalidResourceHandle);
        c.synchronize();
        const auto begin = static_cast<double>(c.backend->time_ns(from->ticket));
        at(milliseconds) = static_cast<float>((static_cast<double>(c.backend->time_ns(to->ticket)) - begin) * 1e-6);
    });
}
HEDDLE_CUDA_ALIAS(cudaEventElapsedTime_v2, cudaEventElapsedTime);

} // namespace heddle::cuda
