// Two-dimensional tensor copies: tiles of a bf16 matrix under each swizzle mode, the raw shared memory written out and compared with the
// documented pattern; a transposition that reads a swizzled tile by columns without bank conflicts and stores through a second map; tiles
// that hang over all four borders (zeros in, clipped out); and a reducing store. Stresses: UTMALDG.2D and UTMASTG.2D with swizzles,
// out-of-bounds handling, UTMAREDG, tensor-map prefetch.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma.cuh"

constexpr int kRows = 32; // of a box

// Dumps the box at (x, y) as it lies in shared memory. Grid: one CTA a box of box_bytes.
__global__ void __launch_bounds__(128)
    dump(const __grid_constant__ CUtensorMap map, const int2* __restrict__ corners, int box_bytes, dl::Word* __restrict__ raw) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(1024) char box[kRows * 128];
    __shared__ dl::Barrier full;
    if (threadIdx.x == 0) {
        dl::prefetch_map(&map);
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&full, box_bytes);
        dl::tensor_load_2d(dl::shared_address(box), &map, corners[blockIdx.x].x, corners[blockIdx.x].y, &full);
    }
    __syncthreads();
    dl::barrier_wait(&full, 0);
    for (int i = threadIdx.x; i < box_bytes / 4; i += 128)
        raw[static_cast<size_t>(blockIdx.x) * (box_bytes / 4) + i] = *reinterpret_cast<const dl::Word*>(box + i * 4);
#endif
}

// y = x^T in tiles of 32 x 32 floats, both maps with 128 bytes of swizzle. Grid: (column tiles, row tiles) of x.
__global__ void __launch_bounds__(256) transpose(const __grid_constant__ CUtensorMap map_x, const __grid_constant__ CUtensorMap map_y) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(1024) char in[32 * 128];
    __shared__ __align__(1024) char out[32 * 128];
    __shared__ dl::Barrier full;
    const int x0 = blockIdx.x * 32, y0 = blockIdx.y * 32;
    if (threadIdx.x == 0) {
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&full, sizeof in);
        dl::tensor_load_2d(dl::shared_address(in), &map_x, x0, y0, &full);
    }
    __syncthreads();
    dl::barrier_wait(&full, 0);
    const int lane = threadIdx.x % 32;
    for (int column = threadIdx.x / 32; column < 32; column += 8) // lane: the row of x
        *reinterpret_cast<float*>(out + dl::swizzle_128(column, lane * 4)) =
            *reinterpret_cast<const float*>(in + dl::swizzle_128(lane, column * 4));
    dl::fence_async_shared();
    __syncthreads();
    if (threadIdx.x == 0) {
        dl::tensor_store_2d(&map_y, y0, x0, dl::shared_address(out));
        dl::bulk_commit();
        dl::bulk_wait<0>();
    }
#endif
}

// Adds the box at each corner of x to the place of y that is `shift` further on in both directions.
__global__ void __launch_bounds__(32)
    add_shifted(const __grid_constant__ CUtensorMap map_x, const __grid_constant__ CUtensorMap map_y, int shift) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(1024) char box[32 * 128];
    __shared__ dl::Barrier full;
    const int x0 = blockIdx.x * 32, y0 = blockIdx.y * 32;
    if (dl::elect_one()) {
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&full, sizeof box);
        dl::tensor_load_2d(dl::shared_address(box), &map_x, x0, y0, &full);
        dl::barrier_wait(&full, 0);
        dl::tensor_add_2d(&map_y, x0 + shift, y0 + shift, dl::shared_address(box));
        dl::bulk_commit();
        dl::bulk_wait<0>();
    }
#endif
}

int main(int argc, char** argv) {
    workload::Run run("tma_tensor_2d", argc, argv);
    run.needs_sm90a();
    const int rows = run.pick(70, 200, 1000, 4000), columns = run.pick(88, 264, 1000, 4000);
    std::vector<std::uint16_t> x(static_cast<size_t>(rows) * columns);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint16_t>(run.random().bits32());
    workload::DeviceArray<std::uint16_t> x_d(x);

    // Boxes of 32 rows as wide as the swizzle's span, at corners inside and outside. Columns count in steps of 16 bytes: a copy that starts
    // elsewhere is an illegal instruction.
    struct Mode {
        const char* label;
        CUtensorMapSwizzle swizzle;
        int width, mask;
    };
    const Mode modes[] = {{"no swizzle", CU_TENSOR_MAP_SWIZZLE_NONE, 64, 0},
                          {"32 bytes", CU_TENSOR_MAP_SWIZZLE_32B, 16, 1},
                          {"64 bytes", CU_TENSOR_MAP_SWIZZLE_64B, 32, 3},
                          {"128 bytes", CU_TENSOR_MAP_SWIZZLE_128B, 64, 7}};
    for (const Mode& mode : modes) {
        std::vector<int2> corners = {int2{0, 0}, int2{-8, -5}, int2{columns - 16, rows - 7}, int2{columns + 8, 0}, int2{8, rows}};
        for (int i = 0; i < run.pick(6, 60, 600, 6000); ++i)
            corners.push_back(int2{static_cast<int>(run.random().below(columns / 8)) * 8, static_cast<int>(run.random().below(rows))});
        const int box_bytes = kRows * mode.width * 2, boxes = static_cast<int>(corners.size());
        const auto map = dl::make_matrix_map(x_d, CU_TENSOR_MAP_DATA_TYPE_UINT16, 2, rows, columns, kRows, mode.width, mode.swizzle);
        workload::DeviceArray<int2> corners_d(corners);
        workload::DeviceArray<dl::Word> raw_d(static_cast<size_t>(boxes) * box_bytes / 4);
        run.launch(mode.label, [&] { dump<<<boxes, 128>>>(map, corners_d, box_bytes, raw_d); });
        std::vector<dl::Word> expected(raw_d.size(), 0);
        for (int box = 0; box < boxes; ++box)
            for (int row = 0; row < kRows; ++row)
                for (int column = 0; column < mode.width; ++column) {
                    const int gx = corners[box].x + column, gy = corners[box].y + row;
                    const dl::Word value = gx >= 0 && gx < columns && gy >= 0 && gy < rows ? x[static_cast<size_t>(gy) * columns + gx] : 0;
                    int place = (row * mode.width + column) * 2;
                    place ^= (place >> 7 & mode.mask) << 4; // chunks of 16 bytes permuted by the number of the 128-byte line
                    expected[static_cast<size_t>(box) * box_bytes / 4 + place / 4] |= value << (place % 4 * 8);
                }
        run.check_equal(mode.label, raw_d.to_host(), expected);
    }

    const int height = run.pick(76, 200, 2000, 8000), width = run.pick(100, 260, 2000, 4000);
    const auto f = run.random().integer_vector<float>(static_cast<size_t>(height) * width, -1000, 1000);
    workload::DeviceArray<float> f_d(f), t_d(f.size());
    const auto map_f = dl::make_matrix_map(f_d, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, height, width, 32, 32, CU_TENSOR_MAP_SWIZZLE_128B),
               map_t = dl::make_matrix_map(t_d, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, width, height, 32, 32, CU_TENSOR_MAP_SWIZZLE_128B);
    const dim3 grid(workload::ceil_div(width, 32), workload::ceil_div(height, 32));
    run.launch("transpose", [&] { transpose<<<grid, 256>>>(map_f, map_t); });
    run.check_equal("transpose", t_d.to_host(), dl::transposed(f, height, width));

    const int shift = 12;
    workload::DeviceArray<float> sum_d(f);
    const auto map_sum = dl::make_matrix_map(sum_d, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, height, width, 32, 32, CU_TENSOR_MAP_SWIZZLE_128B);
    run.launch("add", [&] {
        sum_d.upload(f);
        add_shifted<<<grid, 32>>>(map_f, map_sum, shift);
    });
    std::vector<float> sum(f);
    for (int row = shift; row < height; ++row)
        for (int column = shift; column < width; ++column)
            sum[static_cast<size_t>(row) * width + column] += f[static_cast<size_t>(row - shift) * width + column - shift];
    run.check_equal("add", sum_d.to_host(), sum);
    return run.finish();
}
