#include "tools/heddle/progress.hpp"

#include "tools/heddle/text_format.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

GpuRunOptions::Progress third_of_four() {
    GpuRunOptions::Progress p;
    p.time = 2'000'000'000ULL; // 2 µs
    p.kernels = 4;
    p.kernels_done = 2;
    p.ctas = 100;
    p.ctas_done = 50;
    p.warp_instructions = 3'000'000;
    return p;
}

} // namespace

TEST_CASE("the finished share counts kernels and the running ones' CTAs") {
    auto p = third_of_four();
    CHECK(finished_share(p) == Approx(0.625));
    p.kernels_done = 4;
    CHECK(finished_share(p) == 1);
    p.kernels = 0;
    CHECK(finished_share(p) == 0);
}

TEST_CASE("the line shows bar, share, rate and remaining time") {
    const std::string line = progress_line(third_of_four(), 10, 120);
    CHECK(line.starts_with("[##################............]  62 % kernel 3/4, 2.00 µs simulated, 300 kwarp instr/s, 0:06 left"));
    auto unknown = third_of_four();
    unknown.kernels = 0;
    CHECK(progress_line(unknown, 10, 120) == "kernel 3, 2.00 µs simulated, 300 kwarp instr/s, 0:10 so far");
}

TEST_CASE("the line never wraps") {
    for (std::size_t width = 8; width < 200; ++width)
        for (const double seconds : {0.0, 1.0, 1e6}) CHECK(columns(progress_line(third_of_four(), seconds, width)) < width);
}
