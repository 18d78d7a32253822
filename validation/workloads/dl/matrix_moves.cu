// The instructions that move 8x8 matrices of 16-bit elements between shared memory and fragments: ldmatrix with one, two and four matrices,
// with and without transposition, movmatrix within registers, and, on sm_90, stmatrix. Two transpositions of 64 x 64 tiles are built from
// them, one that transposes on loading, one on the way (movmatrix) or on storing. Stresses: LDSM, LDSM.T, MOVM, STSM, STSM.T.
#include "common/workload.hpp"
#include "dl/hopper.cuh"
#include "dl/reference.hpp"

constexpr int kSide = 64, kStride = kSide + 8, kThreads = 128; // padded rows

// What each lane's registers hold after the six forms of ldmatrix and after movmatrix, for one warp and 32 rows of eight elements at random
// places of shared memory: out[form * 4 + register][lane].
__global__ void __launch_bounds__(32) probe(const std::uint16_t* __restrict__ x, const int* __restrict__ rows, dl::Word* __restrict__ out) {
    __shared__ __align__(16) std::uint16_t shared[64 * 8];
    for (int i = threadIdx.x; i < 64 * 8; i += 32) shared[i] = x[i];
    __syncwarp();
    const dl::Word address = dl::shared_address(&shared[rows[threadIdx.x] * 8]);
    dl::Word four[4], transposed[4], two[2], two_transposed[2];
    dl::ldmatrix_x4(four, address);
    dl::ldmatrix_x4_trans(transposed, address);
    dl::ldmatrix_x2(two, address);
    dl::ldmatrix_x2_trans(two_transposed, address);
    const dl::Word one = dl::ldmatrix_x1(address), moved = dl::movmatrix_trans(four[0]);
    const auto put = [&](int place, dl::Word value) { out[place * 32 + threadIdx.x] = value; };
#pragma unroll
    for (int i = 0; i < 4; ++i) put(i, four[i]), put(4 + i, transposed[i]);
#pragma unroll
    for (int i = 0; i < 2; ++i) put(8 + i, two[i]), put(10 + i, two_transposed[i]);
    put(12, one);
    put(13, moved);
}

enum class Way { OnLoad, OnTheWay, OnStore };

// y tile = x tile transposed; one CTA a 64 x 64 tile of a (tiles * 64) x 64 matrix. Each warp moves 16 columns of x to 16 rows of y.
template <Way way>
__global__ void __launch_bounds__(kThreads) transpose(const std::uint16_t* __restrict__ x, std::uint16_t* __restrict__ y) {
    __shared__ __align__(16) std::uint16_t in[kSide * kStride];
    __shared__ __align__(16) std::uint16_t out[kSide * kStride];
    const std::uint16_t* source = x + static_cast<size_t>(blockIdx.x) * kSide * kSide;
    for (int i = threadIdx.x; i < kSide * kSide / 8; i += kThreads)
        *reinterpret_cast<uint4*>(&in[i / 8 * kStride + i % 8 * 8]) = *reinterpret_cast<const uint4*>(source + i * 8);
    __syncthreads();
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (int row = 0; row < kSide; row += 16) { // 16 rows and 16 columns of x: matrices (0-7, 0-7), (8-15, 0-7), (0-7, 8-15), (8-15, 8-15)
        dl::Word r[4];
        const dl::Word from = dl::shared_address(&in[(row + lane % 16) * kStride + warp * 16 + lane / 16 * 8]);
        if (way == Way::OnLoad) dl::ldmatrix_x4_trans(r, from);
        else dl::ldmatrix_x4(r, from);
        if (way == Way::OnTheWay) {
#pragma unroll
            for (int i = 0; i < 4; ++i) r[i] = dl::movmatrix_trans(r[i]);
        }
        if (way == Way::OnStore) { // matrix (a, b) of x to place (b, a) of y
            dl::stmatrix_x4_trans(dl::shared_address(&out[(warp * 16 + lane / 16 * 8 + lane % 8) * kStride + row + lane / 8 % 2 * 8]), r);
        } else {
#pragma unroll
            for (int i = 0; i < 4; ++i)
                *reinterpret_cast<dl::Word*>(&out[(warp * 16 + i / 2 * 8 + lane / 4) * kStride + row + i % 2 * 8 + lane % 4 * 2]) = r[i];
        }
    }
    __syncthreads();
    std::uint16_t* target = y + static_cast<size_t>(blockIdx.x) * kSide * kSide;
    for (int i = threadIdx.x; i < kSide * kSide / 8; i += kThreads)
        *reinterpret_cast<uint4*>(target + i * 8) = *reinterpret_cast<const uint4*>(&out[i / 8 * kStride + i % 8 * 8]);
}

// Fragments made by arithmetic, stored by stmatrix one and four matrices at a time: words[warp][i] is what lands in shared memory.
__global__ void __launch_bounds__(32) store_probe(dl::Word* __restrict__ words) {
    __shared__ __align__(16) dl::Word shared[5 * 32];
    const dl::Word r[4] = {threadIdx.x, threadIdx.x + 100, threadIdx.x + 200, threadIdx.x + 300};
    dl::stmatrix_x4(dl::shared_address(&shared[(31 - threadIdx.x) * 4]), r); // rows in reverse
    dl::stmatrix_x1(dl::shared_address(&shared[128 + threadIdx.x % 8 * 4]), threadIdx.x * 3);
    __syncwarp();
    for (int i = threadIdx.x; i < 160; i += 32) words[i] = shared[i];
}

int main(int argc, char** argv) {
    workload::Run run("matrix_moves", argc, argv);
    std::vector<std::uint16_t> x(64 * 8);
    std::vector<int> rows(32);
    for (auto& v : x) v = static_cast<std::uint16_t>(run.random().bits32());
    for (auto& row : rows) row = static_cast<int>(run.random().below(64));
    workload::DeviceArray<std::uint16_t> x_d(x);
    workload::DeviceArray<int> rows_d(rows);
    workload::DeviceArray<dl::Word> out_d(14 * 32);
    run.launch("probe", [&] { probe<<<1, 32>>>(x_d, rows_d, out_d); });
    std::vector<dl::Word> expected;
    const auto plain = [&](int matrix, int lane) {
        return x[rows[matrix * 8 + lane / 4] * 8 + lane % 4 * 2] |
               static_cast<dl::Word>(x[rows[matrix * 8 + lane / 4] * 8 + lane % 4 * 2 + 1]) << 16;
    };
    const auto turned = [&](int matrix, int lane) {
        return x[rows[matrix * 8 + lane % 4 * 2] * 8 + lane / 4] |
               static_cast<dl::Word>(x[rows[matrix * 8 + lane % 4 * 2 + 1] * 8 + lane / 4]) << 16;
    };
    for (int place = 0; place < 14; ++place)
        for (int lane = 0; lane < 32; ++lane) {
            const bool transposed = (place >= 4 && place < 8) || place == 10 || place == 11 || place == 13;
            const int matrix = place < 8 ? place % 4 : place < 12 ? place % 2 : 0;
            expected.push_back(transposed ? turned(matrix, lane) : plain(matrix, lane));
        }
    run.check_equal("registers", out_d.to_host(), expected);

    const int tiles = run.pick(3, 40, 2000, 20000);
    std::vector<std::uint16_t> m(static_cast<size_t>(tiles) * kSide * kSide), t(m.size());
    for (size_t i = 0; i < m.size(); ++i) m[i] = static_cast<std::uint16_t>(run.random().bits32());
    for (size_t i = 0; i < m.size(); ++i) t[i / (kSide * kSide) * kSide * kSide + i % kSide * kSide + i / kSide % kSide] = m[i];
    workload::DeviceArray<std::uint16_t> m_d(m), t_d(m.size());
    const auto test = [&](const char* label, auto kernel) {
        t_d.fill_bytes(0xff);
        run.launch(label, [&] { kernel<<<tiles, kThreads>>>(m_d, t_d); });
        run.check_equal(label, t_d.to_host(), t);
    };
    test("transposed on loading", transpose<Way::OnLoad>);
    test("transposed on the way", transpose<Way::OnTheWay>);
    if (workload::built_for_sm90()) {
        test("transposed on storing", transpose<Way::OnStore>);
        workload::DeviceArray<dl::Word> words_d(160);
        run.launch("store probe", [&] { store_probe<<<1, 32>>>(words_d); });
        std::vector<dl::Word> words(160);
        for (int row = 0; row < 32; ++row) // the row whose address lane `row` gave: matrix row / 8, its row row % 8
            for (int i = 0; i < 4; ++i) words[(31 - row) * 4 + i] = row % 8 * 4 + i + row / 8 * 100;
        for (int i = 0; i < 32; ++i) words[128 + i] = i * 3;
        run.check_equal("store probe", words_d.to_host(), words);
    }
    return run.finish();
}
