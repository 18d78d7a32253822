// Linked structures: lists walked by pointer chasing, a binary search tree searched by a loop, and walked, measured and folded by
// recursive device functions; nodes are linked by device pointers, the tree is built on the device by atomicCAS.
// Stresses: dependent 64-bit loads, CALL/RET with a stack in local memory, recursion of varying depth in a warp, divergence, atomicCAS.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 128;

struct Node {
    unsigned key;
    unsigned value;
    Node* left;
    Node* right;
};

// Inserts node i + 1 under node 0 (the root, put in place by the host). Keys are distinct.
__global__ void insert(int n, Node* nodes) {
    const int i = blockIdx.x * kBlock + threadIdx.x + 1;
    if (i >= n) return;
    Node* mine = nodes + i;
    Node* at = nodes;
    while (true) {
        Node** link = mine->key < at->key ? &at->left : &at->right;
        Node* next = *const_cast<Node* volatile*>(link);
        if (next == nullptr) {
            const auto old = atomicCAS(reinterpret_cast<unsigned long long*>(link), 0ull, reinterpret_cast<unsigned long long>(mine));
            if (old == 0) return;
            next = reinterpret_cast<Node*>(old);
        }
        at = next;
    }
}

__global__ void find(int queries, const Node* root, const unsigned* keys, unsigned* values) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= queries) return;
    const Node* at = root;
    while (at != nullptr && at->key != keys[i]) at = keys[i] < at->key ? at->left : at->right;
    values[i] = at != nullptr ? at->value : 0xffffffffu;
}

__device__ __noinline__ int depth_of(const Node* node) {
    if (node == nullptr) return 0;
    return 1 + max(depth_of(node->left), depth_of(node->right));
}

// In-order fold: depends on the order of the visits.
__device__ __noinline__ unsigned fold(const Node* node, unsigned hash) {
    if (node == nullptr) return hash;
    hash = fold(node->left, hash);
    hash = hash * 31 + node->key;
    return fold(node->right, hash);
}

// The sum of values with keys in [low, high).
__device__ unsigned range_sum(const Node* node, unsigned low, unsigned high) {
    if (node == nullptr) return 0;
    unsigned sum = node->key >= low && node->key < high ? node->value : 0;
    if (low < node->key) sum += range_sum(node->left, low, high);
    if (high > node->key) sum += range_sum(node->right, low, high);
    return sum;
}

__global__ void walk(const Node* root, int* depth, unsigned* hash) {
    if (threadIdx.x == 0) *depth = depth_of(root);
    if (threadIdx.x == 32) *hash = fold(root, 7);
}

__global__ void range_sums(int queries, const Node* root, const unsigned* bounds, unsigned* sums) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < queries) sums[i] = range_sum(root, bounds[2 * i], bounds[2 * i + 1]);
}

struct Link {
    Link* next;
    unsigned value;
};

// Thread i starts at link i and hops `hops` times, adding what it sees.
__global__ void chase(int n, int hops, const Link* links, unsigned* sums) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const Link* at = links + i;
    unsigned sum = 0;
    for (int hop = 0; hop < hops; ++hop) {
        sum = sum * 3 + at->value;
        at = at->next;
    }
    sums[i] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("search_tree", argc, argv);
    const int n = run.pick(400, 2'000, 20'000, 100'000), queries = run.pick(256, 2'000, 40'000, 400'000);
    auto& random = run.random();
    // Distinct keys: multiply the index by an odd number.
    std::vector<Node> start(n);
    for (int i = 0; i < n; ++i) start[i] = {static_cast<unsigned>(i) * 2654435761u ^ 0x5bd1e995u, random.bits32() >> 1, nullptr, nullptr};
    std::vector<Node> sorted = start;
    std::sort(sorted.begin(), sorted.end(), [](const Node& a, const Node& b) { return a.key < b.key; });
    CUDA_CHECK(cudaDeviceSetLimit(cudaLimitStackSize, 4 * 1024));

    workload::DeviceArray<Node> nodes(n);
    run.launch(
        "insert", [&] { nodes.upload(start); }, [&] { insert<<<workload::ceil_div(n, kBlock), kBlock>>>(n, nodes); });

    std::vector<unsigned> keys(queries), found(queries), bounds(2 * queries), sums(queries);
    for (int i = 0; i < queries; ++i) {
        keys[i] = random.below(4) == 0 ? random.bits32() : start[random.below(n)].key;
        const auto at =
            std::lower_bound(sorted.begin(), sorted.end(), keys[i], [](const Node& node, unsigned key) { return node.key < key; });
        found[i] = at != sorted.end() && at->key == keys[i] ? at->value : 0xffffffffu;
        bounds[2 * i] = random.bits32();
        bounds[2 * i + 1] = bounds[2 * i] + std::min(random.below(1u << 27), ~bounds[2 * i]);
        for (auto node =
                 std::lower_bound(sorted.begin(), sorted.end(), bounds[2 * i], [](const Node&a, unsigned key) { return a.key < key; });
             node != sorted.end() && node->key < bounds[2 * i + 1]; ++node) {
            sums[i] += node->value;
        }
    }
    workload::DeviceArray<unsigned> dkeys(keys), dvalues(queries), dbounds(bounds), dsums(queries), hash(1);
    workload::DeviceArray<int> depth(1);
    const int grid = workload::ceil_div(queries, kBlock);
    run.launch("find", [&] { find<<<grid, kBlock>>>(queries, nodes, dkeys, dvalues); });
    run.check_equal("find", dvalues.to_host(), found);
    run.launch("range sums", [&] { range_sums<<<grid, kBlock>>>(queries, nodes, dbounds, dsums); });
    run.check_equal("range sums", dsums.to_host(), sums);
    run.launch("walk", [&] { walk<<<1, 64>>>(nodes, depth, hash); });
    unsigned expected_hash = 7;
    for (const Node& node : sorted) expected_hash = expected_hash * 31 + node.key;
    run.check_equal("hash", hash.to_host()[0], expected_hash);
    // The shape depends on the order of insertion; the depth lies between a full tree's and a list's.
    const int deep = depth.to_host()[0];
    run.check(deep <= n && (1ll << std::min(deep, 40)) > n, "a tree of depth " + std::to_string(deep) + " cannot hold the nodes");

    // One random cycle through all links.
    const int hops = run.pick(64, 200, 500, 1000);
    std::vector<int> order(n), next(n);
    for (int i = 0; i < n; ++i) order[i] = i;
    for (int i = n - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
    for (int i = 0; i < n; ++i) next[order[i]] = order[(i + 1) % n];
    workload::DeviceArray<Link> dlinks(n);
    std::vector<Link> links(n);
    for (int i = 0; i < n; ++i) links[i] = {dlinks.get() + next[i], random.bits32()};
    dlinks.upload(links);
    std::vector<unsigned> expected(n);
    for (int i = 0; i < n; ++i) {
        for (int hop = 0, at = i; hop < hops; ++hop, at = next[at]) expected[i] = expected[i] * 3 + links[at].value;
    }
    workload::DeviceArray<unsigned> dexpected(n);
    run.launch("chase", [&] { chase<<<workload::ceil_div(n, kBlock), kBlock>>>(n, hops, dlinks, dexpected); });
    run.check_equal("chase", dexpected.to_host(), expected);
    return run.finish();
}
