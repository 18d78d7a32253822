#include "frontend/cuda/capture.hpp"

#include "frontend/cuda/api.hpp"

#include <algorithm>

namespace heddle::cuda {

namespace {

void leave(Capture& capture) {
    for (Stream* stream : capture.streams) {
        stream->tails.clear();
        stream->capture.reset(); // last: may release `capture`
    }
}

void add_tails(std::vector<Node*>& to, const std::vector<Node*>& from) {
    for (Node* node : from)
        if (std::find(to.begin(), to.end(), node) == to.end()) to.push_back(node);
}

} // namespace

void begin_capture(Context& context, void* stream, int mode, std::shared_ptr<Graph> graph, std::vector<Node*> dependencies) {
    static std::uint64_t captures = 0; // guarded by the runtime's lock
    Stream& origin = context.streams.find(stream);
    require(mode >= 0 && mode <= 2);
    require(&origin != &context.streams.legacy(), Error::StreamCaptureUnsupported);
    require(!origin.capture, Error::IllegalState);
    auto capture = std::make_shared<Capture>();
    capture->id = ++captures;
    capture->into_existing = graph != nullptr;
    capture->graph = graph ? std::move(graph) : std::make_shared<Graph>();
    capture->origin = &origin;
    capture->streams = {&origin};
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    origin.capture = std::move(capture);
    origin.tails = std::move(dependencies);
}

Graph* end_capture(Context& context, void* stream) {
    Stream& origin = context.streams.find(stream);
    require(origin.capture != nullptr, Error::IllegalState);
    const std::shared_ptr<Capture> capture = origin.capture;
    require(capture->origin == &origin, Error::StreamCaptureUnmatched);
    require(capture->mode == 2 || capture->thread == std::this_thread::get_id(), Error::StreamCaptureWrongThread);
    const auto joined = [&](const Node* tail) {
        return std::any_of(origin.tails.begin(), origin.tails.end(), [&](const Node* end) { return capture->graph->precedes(tail, end); });
    };
    bool unjoined = false;
    for (const Stream* other : capture->streams)
        if (other != &origin) unjoined |= !std::all_of(other->tails.begin(), other->tails.end(), joined);
    const bool invalidated = capture->invalidated;
    leave(*capture);
    require(!invalidated, Error::StreamCaptureInvalidated);
    require(!unjoined, Error::StreamCaptureUnjoined);
    return capture->into_existing ? capture->graph.get() : context.graphs.adopt(capture->graph);
}

void record_event(Context& context, void* event, void* stream) {
    Stream& target = context.streams.find(stream);
    const std::shared_ptr<Event> mark = context.streams.event(event);
    if (!target.capture) {
        context.submit(target, EventRecordOperation{mark});
        return;
    }
    require(!target.capture->invalidated, Error::StreamCaptureInvalidated);
    mark->capture = target.capture;
    mark->tails = target.tails;
}

void wait_event(Context& context, void* stream, void* event) {
    Stream& target = context.streams.find(stream);
    const std::shared_ptr<Event> mark = context.streams.event(event);
    if (!mark->capture) {
        if (target.capture) { // waiting for something outside the capture
            target.capture->invalidated = mark->recorded;
            require(!mark->recorded, Error::StreamCaptureIsolation);
            return;
        }
        context.submit(target, EventWaitOperation{mark});
        return;
    }
    require(!mark->capture->streams.empty() && mark->capture->origin != nullptr && mark->capture->origin->capture == mark->capture,
            Error::CapturedEvent); // that capture is over
    if (!target.capture) {
        require(&target != &context.streams.legacy(), Error::StreamCaptureImplicit);
        target.capture = mark->capture;
        target.tails.clear();
        mark->capture->streams.push_back(&target);
    }
    require(target.capture == mark->capture, Error::StreamCaptureMerge);
    require(!target.capture->invalidated, Error::StreamCaptureInvalidated);
    add_tails(target.tails, mark->tails);
}

} // namespace heddle::cuda
