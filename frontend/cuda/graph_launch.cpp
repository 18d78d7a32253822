// Carrying out a graph: branches that do not depend on each other run in streams of their own.
#include "frontend/cuda/context.hpp"

#include <unordered_map>

namespace heddle::cuda {

namespace {

// Where a node runs, and the point behind it if somebody in another stream needs that.
struct Placed {
    Stream* stream = nullptr;
    Ticket ticket = 0;
    std::size_t dependents = 0;
    bool continued = false; // another node follows in the same stream
};

class GraphRun {
  public:
    GraphRun(Context& context, Stream& launch) : context_(context), launch_(launch) {}

    void run(const std::vector<Node*>& order) {
        for (const Node* node : order)
            for (const Node* before : node->dependencies) ++placed_[before].dependents;
        const Ticket start = is_chain(order) ? 0 : context_.backend->record(launch_.id);
        for (const Node* node : order) {
            Placed& placed = placed_[node];
            placed.stream = stream_for(*node, start);
            for (const Node* before : node->dependencies)
                if (placed_[before].stream != placed.stream) context_.backend->wait(placed.stream->id, placed_[before].ticket);
            if (node->enabled) context_.execute(node->operation, *placed.stream);
            if (start != 0) placed.ticket = context_.backend->record(placed.stream->id);
        }
        for (const Node* node : order)
            if (placed_[node].dependents == 0 && placed_[node].stream != &launch_) context_.backend->wait(launch_.id, placed_[node].ticket);
    }

  private:
    static bool is_chain(const std::vector<Node*>& order) {
        for (std::size_t i = 0; i < order.size(); ++i) {
            const auto& needs = order[i]->dependencies;
            if (i == 0 ? !needs.empty() : needs.size() != 1 || needs.front() != order[i - 1]) return false;
        }
        return true;
    }

    // Behind the first node it depends on that nobody follows yet; else a stream of its own.
    Stream* stream_for(const Node& node, Ticket start) {
        for (const Node* before : node.dependencies)
            if (Placed& ahead = placed_[before]; !ahead.continued) {
                ahead.continued = true;
                return ahead.stream;
            }
        if (!started_) {
            started_ = true;
            return &launch_;
        }
        Stream* stream = context_.streams.internal(used_++);
        context_.backend->wait(stream->id, start);
        return stream;
    }

    Context& context_;
    Stream& launch_;
    std::unordered_map<const Node*, Placed> placed_;
    std::size_t used_ = 0;
    bool started_ = false;
};

} // namespace

void Context::launch_graph(const Graph& graph, Stream& stream) { GraphRun(*this, stream).run(graph.order()); }

} // namespace heddle::cuda
