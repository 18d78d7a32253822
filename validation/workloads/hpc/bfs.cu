// Breadth-first search from one vertex: level-synchronous over all vertices, and with a frontier queue filled by atomics.
// Stresses: irregular gathers, divergence, atomicCAS, queue counters, many small launches steered by the host.
#include "common/workload.hpp"

constexpr int kBlock = 128;

__global__ void bfs_level(int vertices, int level, const int* starts, const int* edges, int* depth, int* changed) {
    const int v = blockIdx.x * kBlock + threadIdx.x;
    if (v >= vertices || depth[v] != level) return;
    for (int e = starts[v]; e < starts[v + 1]; ++e) {
        const int u = edges[e];
        // Several threads may write: all write the same value.
        if (depth[u] < 0) {
            depth[u] = level + 1;
            *changed = 1;
        }
    }
}

__global__ void bfs_frontier(int size, int level, const int* frontier, const int* starts, const int* edges, int* depth, int* next,
                             int* next_size) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= size) return;
    const int v = frontier[i];
    for (int e = starts[v]; e < starts[v + 1]; ++e) {
        const int u = edges[e];
        if (depth[u] < 0 && atomicCAS(depth + u, -1, level + 1) == -1) next[atomicAdd(next_size, 1)] = u;
    }
}

int main(int argc, char** argv) {
    workload::Run run("bfs", argc, argv);
    const int vertices = run.pick(2'000, 20'000, 300'000, 1'500'000);
    // A ring with random chords from some vertices: a modest diameter and uneven degrees.
    std::vector<int> starts{0}, edges;
    for (int v = 0; v < vertices; ++v) {
        edges.push_back((v + 1) % vertices);
        const int chords = run.random().below(32) == 0 ? 40 : static_cast<int>(run.random().below(5));
        for (int c = 0; c < chords; ++c) edges.push_back(static_cast<int>(run.random().below(vertices)));
        starts.push_back(static_cast<int>(edges.size()));
    }
    const int source = static_cast<int>(run.random().below(vertices));
    std::vector<int> expected(vertices, -1), queue{source}, initial(vertices, -1);
    expected[source] = initial[source] = 0;
    for (std::size_t head = 0; head < queue.size(); ++head) {
        const int v = queue[head];
        for (int e = starts[v]; e < starts[v + 1]; ++e) {
            if (expected[edges[e]] >= 0) continue;
            expected[edges[e]] = expected[v] + 1;
            queue.push_back(edges[e]);
        }
    }

    workload::DeviceArray<int> dstarts(starts), dedges(edges), depth(vertices), counter(1), queue_a(vertices), queue_b(vertices);
    const auto read_counter = [&] { return counter.to_host()[0]; };
    run.launch(
        "levels", [&] { depth.upload(initial); },
        [&] {
            int changed = 1;
            for (int level = 0; changed != 0; ++level) {
                counter.fill_bytes(0);
                bfs_level<<<workload::ceil_div(vertices, kBlock), kBlock>>>(vertices, level, dstarts, dedges, depth, counter);
                changed = read_counter();
            }
        });
    run.check_equal("levels", depth.to_host(), expected);

    run.launch(
        "frontier",
        [&] {
            depth.upload(initial);
            queue_a.upload({source});
        },
        [&] {
            int* frontier = queue_a;
            int* next = queue_b;
            for (int level = 0, size = 1; size > 0; ++level) {
                counter.fill_bytes(0);
                bfs_frontier<<<workload::ceil_div(size, kBlock), kBlock>>>(size, level, frontier, dstarts, dedges, depth, next, counter);
                size = read_counter();
                std::swap(frontier, next);
            }
        });
    run.check_equal("frontier", depth.to_host(), expected);
    return run.finish();
}
