#include "frontend/cuda/stream.hpp"

#include <algorithm>

namespace heddle::cuda {

StreamStore::StreamStore() : legacy_(std::make_unique<Stream>()) {}

Stream& StreamStore::per_thread() {
    Stream*& stream = per_thread_[std::this_thread::get_id()];
    if (stream == nullptr) stream = create(0, 0);
    return *stream;
}

Stream& StreamStore::find(void* handle) {
    if (handle == nullptr || handle == kLegacyStream) return *legacy_;
    if (handle == kPerThreadStream) return per_thread();
    const auto found = streams_.find(handle);
    if (found == streams_.end()) throw Failure{Error::InvalidResourceHandle};
    return *found->second;
}

Stream* StreamStore::create(unsigned flags, int priority) {
    auto stream = std::make_unique<Stream>();
    stream->id = next_id_++;
    stream->flags = flags;
    stream->priority = priority;
    Stream* handle = stream.get();
    streams_.emplace(handle, std::move(stream));
    return handle;
}

Stream* StreamStore::internal(std::size_t number) {
    while (internal_.size() <= number) {
        internal_.push_back(std::make_unique<Stream>());
        internal_.back()->id = next_id_++;
        internal_.back()->flags = 1;
    }
    return internal_[number].get();
}

bool StreamStore::destroy(void* handle) {
    const auto found = streams_.find(handle);
    if (found == streams_.end()) return false;
    Stream* stream = found->second.get();
    if (std::any_of(per_thread_.begin(), per_thread_.end(), [&](const auto& entry) { return entry.second == stream; })) return false;
    if (stream->capture) {
        stream->capture->invalidated = true;
        std::erase(stream->capture->streams, stream);
        if (stream->capture->origin == stream) stream->capture->origin = nullptr;
    }
    streams_.erase(found);
    return true;
}

bool StreamStore::any_capture(int strictest_mode) const {
    return std::any_of(streams_.begin(), streams_.end(), [&](const auto& entry) {
        const auto& capture = entry.second->capture;
        return capture && !capture->invalidated && capture->mode <= strictest_mode;
    });
}

std::shared_ptr<Event> StreamStore::event(void* handle) const {
    const auto found = events_.find(handle);
    if (found == events_.end()) throw Failure{Error::InvalidResourceHandle};
    return found->second;
}

Event* StreamStore::create_event(unsigned flags) {
    auto event = std::make_shared<Event>();
    event->flags = flags;
    Event* handle = event.get();
    events_.emplace(handle, std::move(event));
    return handle;
}

bool StreamStore::destroy_event(void* handle) { return events_.erase(handle) != 0; }

} // namespace heddle::cuda
