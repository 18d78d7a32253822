// Flash-style attention for prefill in fp16 with mma.sync (flash_attention.cuh): full and causal masks, two query heads to a key head.
// Stresses: HMMA chains, LDSM and LDSM.T, MUFU.EX2, SHFL within quads, register pressure.
#include "common/workload.hpp"
#include "dl/attention.hpp"
#include "dl/flash_attention.cuh"
#include "dl/reference.hpp"

int main(int argc, char** argv) {
    workload::Run run("attention_flash_mma", argc, argv);
    const int batch = run.pick(1, 1, 2, 4), heads = run.pick(2, 4, 16, 32), group = 2, length = run.pick(100, 260, 1024, 2048),
              kv_heads = heads / group;
    const float scale = 0.125f;
    const auto random_half = [&](size_t n, float range) {
        std::vector<__half> values(n);
        for (auto& x : values) x = __float2half(run.random().uniform(-range, range));
        return values;
    };
    const size_t rows = static_cast<size_t>(batch) * length;
    const auto q = random_half(rows * heads * dl::kFlashWidth, 2), k = random_half(rows * kv_heads * dl::kFlashWidth, 2),
               v = random_half(rows * kv_heads * dl::kFlashWidth, 1);
    const auto fq = dl::to_floats(q), fk = dl::to_floats(k), fv = dl::to_floats(v);
    workload::DeviceArray<__half> q_d(q), k_d(k), v_d(v), y_d(q.size());
    workload::DeviceArray<float> lse_d(rows * heads);
    const dim3 grid(workload::ceil_div(length, dl::kFlashBlock), heads, batch);
    for (const bool causal : {false, true}) {
        const std::string label = causal ? "causal" : "full";
        run.launch(label.c_str(), [&] {
            if (causal) dl::flash<true><<<grid, dl::kFlashThreads>>>(length, heads, group, scale * 1.44269504f, q_d, k_d, v_d, y_d, lse_d);
            else dl::flash<false><<<grid, dl::kFlashThreads>>>(length, heads, group, scale * 1.44269504f, q_d, k_d, v_d, y_d, lse_d);
        });
        const auto y = y_d.to_host();
        const auto lse = lse_d.to_host();
        std::vector<double> found, expected, found_lse, expected_lse;
        const size_t step = run.full_check() ? 1 : 1009;
        for (size_t i = 0; i < rows * heads; i += step) {
            const int head = static_cast<int>(i % heads), query = static_cast<int>(i / heads % length);
            const size_t first = i / heads / length * length;
            const auto row_of = [&](const std::vector<float>& tensor) {
                return [&](int j) { return tensor.data() + ((first + j) * kv_heads + head / group) * dl::kFlashWidth; };
            };
            double log_sum = 0;
            const auto out = dl::attend(fq.data() + i * dl::kFlashWidth, dl::kFlashWidth, causal ? query + 1 : length, scale, row_of(fk),
                                        row_of(fv), &log_sum);
            expected.insert(expected.end(), out.begin(), out.end());
            for (int d = 0; d < dl::kFlashWidth; ++d) found.push_back(__half2float(y[i * dl::kFlashWidth + d]));
            expected_lse.push_back(log_sum);
            found_lse.push_back(lse[(i / heads / length * heads + head) * length + query]);
        }
        run.check_close(label.c_str(), found, expected, {1e-3, 1e-3}); // probabilities and result are rounded to fp16
        run.check_close((label + " lse").c_str(), found_lse, expected_lse, {1e-4, 1e-5});
    }
    return run.finish();
}
