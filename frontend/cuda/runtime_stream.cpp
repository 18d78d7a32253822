// Streams through the runtime API.
#include "frontend/cuda/api.hpp"

#include <cstring>

namespace heddle::cuda {

namespace {

constexpr int kLowestPriority = 0, kHighestPriority = -5;

// Waiting for a stream that is being captured is an error, and spoils the capture.
void refuse_capture(Stream& stream) {
    if (!stream.capture) return;
    stream.capture->invalidated = true;
    throw Failure{Error::StreamCaptureUnsupported};
}

} // namespace

HEDDLE_CUDA_API Error cudaStreamCreateWithPriority(void** stream, unsigned flags, int priority) {
    return runtime_call("cudaStreamCreateWithPriority", [&](Context& c) {
        require(flags <= 1);
        at(stream) = c.streams.create(flags, std::clamp(priority, kHighestPriority, kLowestPriority));
    });
}

HEDDLE_CUDA_API Error cudaStreamCreate(void** stream) { return cudaStreamCreateWithPriority(stream, 0, 0); }

HEDDLE_CUDA_API Error cudaStreamCreateWithFlags(void** stream, unsigned flags) { return cudaStreamCreateWithPriority(stream, flags, 0); }

HEDDLE_CUDA_API Error cudaStreamDestroy(void* stream) {
    return runtime_call("cudaStreamDestroy", [&](Context& c) {
        require(stream != nullptr && stream != kLegacyStream && stream != kPerThreadStream, Error::InvalidResourceHandle);
        c.synchronize();
        require(c.streams.destroy(stream), Error::InvalidResourceHandle);
    });
}

HEDDLE_CUDA_API Error cudaStreamSynchronize(void* stream) {
    return runtime_call("cudaStreamSynchronize", [&](Context& c) {
        refuse_capture(c.streams.find(stream));
        c.synchronize();
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamSynchronize_ptsz, cudaStreamSynchronize);

// A query catches up with all work, so the answer is always that it is done: programs that poll come to an end.
HEDDLE_CUDA_API Error cudaStreamQuery(void* stream) {
    return runtime_call("cudaStreamQuery", [&](Context& c) {
        refuse_capture(c.streams.find(stream));
        c.synchronize();
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamQuery_ptsz, cudaStreamQuery);

HEDDLE_CUDA_API Error cudaStreamGetPriority(void* stream, int* priority) {
    return runtime_call("cudaStreamGetPriority", [&](Context& c) { at(priority) = c.streams.find(stream).priority; });
}
HEDDLE_CUDA_ALIAS(cudaStreamGetPriority_ptsz, cudaStreamGetPriority);

HEDDLE_CUDA_API Error cudaStreamGetFlags(void* stream, unsigned* flags) {
    return runtime_call("cudaStreamGetFlags", [&](Context& c) { at(flags) = c.streams.find(stream).flags; });
}
HEDDLE_CUDA_ALIAS(cudaStreamGetFlags_ptsz, cudaStreamGetFlags);

HEDDLE_CUDA_API Error cudaStreamGetId(void* stream, unsigned long long* id) {
    return runtime_call("cudaStreamGetId", [&](Context& c) { at(id) = c.streams.find(stream).id; });
}
HEDDLE_CUDA_ALIAS(cudaStreamGetId_ptsz, cudaStreamGetId);

HEDDLE_CUDA_API Error cudaStreamGetDevice(void* stream, int* device) {
    return runtime_call("cudaStreamGetDevice", [&](Context& c) {
        c.streams.find(stream);
        at(device) = 0;
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamGetDevice_ptsz, cudaStreamGetDevice);

HEDDLE_CUDA_API Error cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    return runtime_call("cudaDeviceGetStreamPriorityRange", [&](Context&) {
        if (least != nullptr) *least = kLowestPriority;
        if (greatest != nullptr) *greatest = kHighestPriority;
    });
}

HEDDLE_CUDA_API Error cudaStreamAddCallback(void* stream, void (*callback)(void*, Error, void*), void* data, unsigned flags) {
    return runtime_call("cudaStreamAddCallback", [&](Context& c) {
        require(callback != nullptr && flags == 0);
        Stream& target = c.streams.find(stream);
        require(!target.capture, Error::StreamCaptureUnsupported);
        c.submit(target, HostOperation{nullptr, nullptr, [=] { callback(stream, Error::Success, data); }});
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamAddCallback_ptsz, cudaStreamAddCallback);

HEDDLE_CUDA_API Error cudaStreamAttachMemAsync(void* stream, void* pointer, std::size_t, unsigned) {
    return runtime_call("cudaStreamAttachMemAsync", [&](Context& c) {
        c.streams.find(stream);
        require(c.device.memory().find(reinterpret_cast<Address>(pointer)) != nullptr);
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamAttachMemAsync_ptsz, cudaStreamAttachMemAsync);

// Attributes of streams: the priority is the only one with an effect.
HEDDLE_CUDA_API Error cudaStreamSetAttribute(void* stream, abi::LaunchAttributeId id, const abi::LaunchAttributeValue* value) {
    return runtime_call("cudaStreamSetAttribute", [&](Context& c) {
        Stream& target = c.streams.find(stream);
        const abi::LaunchAttributeValue& v = at(value);
        if (id == abi::LaunchAttributeId::Priority) target.priority = std::clamp(v.number, kHighestPriority, kLowestPriority);
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamSetAttribute_ptsz, cudaStreamSetAttribute);

HEDDLE_CUDA_API Error cudaStreamGetAttribute(void* stream, abi::LaunchAttributeId id, abi::LaunchAttributeValue* value) {
    return runtime_call("cudaStreamGetAttribute", [&](Context& c) {
        const Stream& target = c.streams.find(stream);
        std::memset(&at(value), 0, sizeof *value);
        if (id == abi::LaunchAttributeId::Priority) value->number = target.priority;
        if (id == abi::LaunchAttributeId::SynchronizationPolicy) value->number = 1; // automatic
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamGetAttribute_ptsz, cudaStreamGetAttribute);

HEDDLE_CUDA_API Error cudaStreamCopyAttributes(void* to, void* from) {
    return runtime_call("cudaStreamCopyAttributes", [&](Context& c) { c.streams.find(to).priority = c.streams.find(from).priority; });
}
HEDDLE_CUDA_ALIAS(cudaStreamCopyAttributes_ptsz, cudaStreamCopyAttributes);

HEDDLE_CUDA_API Error cudaDeviceSynchronize() {
    return runtime_call("cudaDeviceSynchronize", [&](Context& c) {
        require(!c.streams.any_capture(2), Error::StreamCaptureUnsupported);
        c.synchronize();
    });
}

} // namespace heddle::cuda
