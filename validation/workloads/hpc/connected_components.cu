// Connected components by union and find with pointer jumping (lock-free hooking by compare-and-swap), and PageRank by pushing with
// float atomics on the same graph.
// Stresses: pointer chasing in shared structures that change, atomicCAS loops, float atomics, fixed-point iterations.
#include <algorithm>
#include <numeric>

#include "common/workload.hpp"

constexpr int kBlock = 128;

__device__ int find_root(volatile int* parent, int v) {
    int at = v;
    while (true) {
        const int up = parent[at];
        if (up == at) return at;
        // Halve the path as we go.
        const int further = parent[up];
        if (further != up) parent[at] = further;
        at = up;
    }
}

// Joins the components of the edge's ends: the greater root goes below the smaller.
__global__ void join(int edges, const int2* list, int* parent) {
    const int e = blockIdx.x * kBlock + threadIdx.x;
    if (e >= edges) return;
    int a = find_root(parent, list[e].x), b = find_root(parent, list[e].y);
    while (a != b) {
        if (a < b) {
            const int swapped = a;
            a = b;
            b = swapped;
        }
        const int old = atomicCAS(parent + a, a, b);
        if (old == a) return;
        a = find_root(parent, old);
        b = find_root(parent, b);
    }
}

// Points every vertex at its root. No halving here: another thread's late halving would overwrite what a vertex has just been given.
__global__ void flatten(int vertices, int* parent) {
    const int v = blockIdx.x * kBlock + threadIdx.x;
    if (v >= vertices) return;
    const volatile int* const seen = parent;
    int root = v;
    while (seen[root] != root) root = seen[root];
    parent[v] = root;
}

__global__ void start_ranks(int vertices, float base, float* next) {
    const int v = blockIdx.x * kBlock + threadIdx.x;
    if (v < vertices) next[v] = base;
}

__global__ void push_ranks(int edges, const int2* list, const int* degree, float damping, const float* rank, float* next) {
    const int e = blockIdx.x * kBlock + threadIdx.x;
    if (e >= edges) return;
    const int a = list[e].x, b = list[e].y;
    atomicAdd(next + b, damping * rank[a] / static_cast<float>(degree[a]));
    atomicAdd(next + a, damping * rank[b] / static_cast<float>(degree[b]));
}

int main(int argc, char** argv) {
    workload::Run run("connected_components", argc, argv);
    const int vertices = run.pick(3'000, 30'000, 300'000, 2'000'000), edges = vertices * 3 / 5;
    std::vector<int2> list(edges);
    std::vector<int> degree(vertices, 0), expected(vertices);
    for (auto& edge : list) {
        edge = make_int2(static_cast<int>(run.random().below(vertices)), static_cast<int>(run.random().below(vertices)));
        ++degree[edge.x];
        ++degree[edge.y];
    }
    std::vector<int> identity(vertices);
    std::iota(identity.begin(), identity.end(), 0);
    // The reference: the smallest vertex of each component, by repeated union on the host.
    expected = identity;
    const auto root = [&](int v) {
        while (expected[v] != v) v = expected[v] = expected[expected[v]];
        return v;
    };
    for (const int2& edge : list) {
        const int a = root(edge.x), b = root(edge.y);
        expected[std::max(a, b)] = std::min(a, b);
    }
    for (int v = 0; v < vertices; ++v) expected[v] = root(v);

    workload::DeviceArray<int2> dlist(list);
    workload::DeviceArray<int> parent(vertices), ddegree(degree);
    const int edge_grid = workload::ceil_div(edges, kBlock), vertex_grid = workload::ceil_div(vertices, kBlock);
    run.launch(
        "components", [&] { parent.upload(identity); },
        [&] {
            join<<<edge_grid, kBlock>>>(edges, dlist, parent);
            flatten<<<vertex_grid, kBlock>>>(vertices, parent);
        });
    run.check_equal("components", parent.to_host(), expected);

    const float damping = 0.85f;
    const int iterations = run.pick(3, 4, 5, 5);
    const std::vector<float> start(vertices, 1.0f);
    workload::DeviceArray<float> rank(vertices), next(vertices);
    run.launch(
        "ranks", [&] { rank.upload(start); },
        [&] {
            float *from = rank, *to = next;
            for (int i = 0; i < iterations; ++i) {
                start_ranks<<<vertex_grid, kBlock>>>(vertices, 1 - damping, to);
                push_ranks<<<edge_grid, kBlock>>>(edges, dlist, ddegree, damping, from, to);
                std::swap(from, to);
            }
        });
    std::vector<double> now(vertices, 1.0), after(vertices);
    for (int i = 0; i < iterations; ++i) {
        std::fill(after.begin(), after.end(), 1 - static_cast<double>(damping));
        for (const int2& edge : list) {
            after[edge.y] += damping * now[edge.x] / degree[edge.x];
            after[edge.x] += damping * now[edge.y] / degree[edge.y];
        }
        std::swap(now, after);
    }
    // A handful of float additions in any order.
    run.check_close("ranks", (iterations % 2 ? next : rank).to_host(), now, {1e-5, 1e-5});
    return run.finish();
}
