// The image a GPU runs, from each form in which a program brings it.
#include "frontend/cubin/image_for_gpu.hpp"
#include "frontend/cubin/toolkit.hpp"
#include "tests/frontend/cubin/cubin_fixture.hpp"

using namespace heddle;
using namespace heddle::cubin;
using namespace heddle::test;
using Catch::Contains;

TEST_CASE("cubins run on their own and on later GPUs of the same major version") {
    const Cubin sm80 = open_cubin("vector_add_sm80.cubin"), sm90a = open_cubin("vector_add_sm90a.cubin"),
                sm90 = open_cubin("cluster_sm90.cubin");
    CHECK(runs_on(sm80, 80));
    CHECK(runs_on(sm80, 89));
    CHECK_FALSE(runs_on(sm80, 75));
    CHECK_FALSE(runs_on(sm80, 90));
    CHECK(runs_on(sm90, 90));
    CHECK_FALSE(runs_on(sm90, 89));
    CHECK(runs_on(sm90a, 90));
    CHECK_FALSE(runs_on(sm90a, 91));
    CHECK(image_for_gpu(sm80.bytes(), 86, "a.cubin").architecture() == 80);
    CHECK_THAT(error_of([&] { image_for_gpu(sm80.bytes(), 90, "a.cubin"); }),
               Contains("a.cubin: code for sm_80 does not run on sm_90") && Contains("nvcc -arch=sm_90"));
    CHECK_THAT(error_of([&] { image_for_gpu(sm90a.bytes(), 100, "a.cubin"); }), Contains("code for sm_90a does not run on sm_100"));
}

TEST_CASE("fat binaries bring the image that fits") {
    const Blob bytes = cubin_bytes("vector_add_zstd.fatbin");
    CHECK(image_for_gpu(bytes, 90, "f").accelerated());
    CHECK(image_for_gpu(bytes, 86, "f").architecture() == 80);
    CHECK_THAT(error_of([&] { image_for_gpu(bytes, 70, "f"); }), Contains("f: nothing for sm_70; the fat binary holds"));
}

TEST_CASE("what is nothing of the kind") {
    CHECK(error_of([] { image_for_gpu(Blob(), 90, "f"); }) == "f: not an ELF file");
    CHECK(error_of([] { image_for_gpu(blob("hello"), 90, "f"); }) == "f: not an ELF file");
    CHECK_THAT(error_of([] { image_for_gpu(elf_file({}), 90, "app"); }), Contains("fat binaries inside"));
}

TEST_CASE("PTX and relocatable images go through the toolkit, where it is installed") {
    if (find_tool("ptxas").empty() || find_tool("nvlink").empty()) {
        WARN("no CUDA Toolkit: not tested");
        return;
    }
    const Blob fatbin = cubin_bytes("vector_add_zstd.fatbin");
    const Cubin compiled = image_for_gpu(fatbin, 100, "f"); // only PTX fits
    CHECK(compiled.architecture() == 100);
    CHECK(compiled.find_kernel("vector_add"));
    const Blob ptx =
        blob(std::string("// a comment\n.version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k() { ret; }\n\0\0", 86));
    CHECK(image_for_gpu(ptx, 90, "k.ptx").find_kernel("k"));
    const Cubin linked = image_for_gpu(cubin_bytes("features_sm90_relocatable.cubin"), 90, "r");
    CHECK_FALSE(linked.relocatable());
    CHECK(linked.find_kernel("everything"));
}
