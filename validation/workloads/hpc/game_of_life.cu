// Conway's game of life on a torus: a byte a cell, and 32 cells a word with bit-sliced adders.
// Stresses: byte loads, wrap-around indices, LOP3 of every kind, funnel shifts.
#include "common/workload.hpp"

__global__ void life_bytes(int width, int height, const unsigned char* in, unsigned char* out) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    const int west = x == 0 ? width - 1 : x - 1, east = x == width - 1 ? 0 : x + 1;
    const unsigned char* row = in + y * width;
    const unsigned char* above = in + (y == 0 ? height - 1 : y - 1) * width;
    const unsigned char* below = in + (y == height - 1 ? 0 : y + 1) * width;
    const int around = above[west] + above[x] + above[east] + row[west] + row[east] + below[west] + below[x] + below[east];
    out[y * width + x] = around == 3 || (around == 2 && row[x] != 0);
}

// Bit i of word w of a row is cell 32*w + i. `words` a row.
__global__ void life_bits(int words, int height, const unsigned* in, unsigned* out) {
    const int w = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (w >= words || y >= height) return;
    const int left = w == 0 ? words - 1 : w - 1, right = w == words - 1 ? 0 : w + 1;
    unsigned ones = 0, twos = 0, fours = 0;
    // A bit-sliced counter up to 7 (8 neighbours alive wrap to 0, which is dead all the same).
    const auto add = [&](unsigned bits) {
        const unsigned carry = ones & bits;
        ones ^= bits;
        fours ^= twos & carry;
        twos ^= carry;
    };
    for (int dy = -1; dy <= 1; ++dy) {
        const unsigned* row = in + (y + dy + height) % height * words;
        const unsigned middle = row[w];
        add(__funnelshift_l(row[left], middle, 1));  // the western neighbours
        add(__funnelshift_r(middle, row[right], 1)); // the eastern neighbours
        if (dy != 0) add(middle);
    }
    const unsigned alive = in[y * words + w];
    out[y * words + w] = twos & ~fours & (ones | alive);
}

int main(int argc, char** argv) {
    workload::Run run("game_of_life", argc, argv);
    const int width = run.pick(96, 320, 2048, 8192), height = run.pick(50, 200, 1024, 4096), steps = run.pick(4, 6, 10, 10),
              words = width / 32;
    std::vector<unsigned char> start(width * height);
    std::vector<unsigned> packed(words * height, 0);
    for (int i = 0; i < width * height; ++i) {
        start[i] = run.random().below(3) == 0;
        packed[i / 32] |= static_cast<unsigned>(start[i]) << i % 32;
    }

    workload::DeviceArray<unsigned char> a(start), b(start.size());
    workload::DeviceArray<unsigned> packed_a(packed), packed_b(packed.size());
    const dim3 block(32, 8), grid(workload::ceil_div(width, 32), workload::ceil_div(height, 8)),
        packed_grid(workload::ceil_div(words, 32), grid.y);
    run.launch(
        "bytes", [&] { a.upload(start); },
        [&] {
            for (int step = 0; step < steps; step += 2) {
                life_bytes<<<grid, block>>>(width, height, a, b);
                life_bytes<<<grid, block>>>(width, height, b, a);
            }
        });
    run.launch(
        "bits", [&] { packed_a.upload(packed); },
        [&] {
            for (int step = 0; step < steps; step += 2) {
                life_bits<<<packed_grid, block>>>(words, height, packed_a, packed_b);
                life_bits<<<packed_grid, block>>>(words, height, packed_b, packed_a);
            }
        });
    const auto bytes = a.to_host();
    const auto bits = packed_a.to_host();
    std::vector<unsigned char> unpacked(bytes.size());
    for (int i = 0; i < width * height; ++i) unpacked[i] = bits[i / 32] >> i % 32 & 1;
    run.check_equal("bits against bytes", unpacked, bytes);

    // At the larger sizes the two forms check each other.
    if (run.full_check()) {
        auto now = start, next = start;
        for (int step = 0; step < steps; ++step) {
            for (int y = 0; y < height; ++y) {
                for (int x = 0; x < width; ++x) {
                    int around = 0;
                    for (int dy = height - 1; dy <= height + 1; ++dy) {
                        for (int dx = width - 1; dx <= width + 1; ++dx) {
                            if (dx != width || dy != height) around += now[(y + dy) % height * width + (x + dx) % width];
                        }
                    }
                    next[y * width + x] = around == 3 || (around == 2 && now[y * width + x]);
                }
            }
            std::swap(now, next);
        }
        run.check_equal("bytes", bytes, now);
    }
    return run.finish();
}
