#include "frontend/cuda/error_codes.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <dlfcn.h>
#include <string>

using namespace heddle::cuda;

TEST_CASE("Errors have the names and texts of both APIs") {
    CHECK(std::string(runtime_name(Error::Success)) == "cudaSuccess");
    CHECK(std::string(runtime_name(Error::IllegalAddress)) == "cudaErrorIllegalAddress");
    CHECK(std::string(driver_name(Error::IllegalAddress)) == "CUDA_ERROR_ILLEGAL_ADDRESS");
    CHECK(std::string(text(Error::MemoryAllocation)) == "out of memory");
    CHECK(std::string(text(Error::Unknown)) == "unknown error");
    CHECK(driver_name(Error::InvalidConfiguration) == nullptr); // the runtime's only
    CHECK(runtime_name(static_cast<Error>(202)) == nullptr);    // the driver's only
    for (const int number : {-1, 10, 11, 5000, 1 << 30}) {
        CHECK(runtime_name(static_cast<Error>(number)) == nullptr);
        CHECK(text(static_cast<Error>(number)) == nullptr);
    }
}

TEST_CASE("Every code is what the toolkit's runtime says, where there is one") {
    void* library = dlopen("/usr/local/cuda/lib64/libcudart.so.13", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        WARN("no CUDA 13 runtime here: nothing compared");
        return;
    }
    const auto name = reinterpret_cast<const char* (*)(int)>(dlsym(library, "cudaGetErrorName"));
    const auto string = reinterpret_cast<const char* (*)(int)>(dlsym(library, "cudaGetErrorString"));
    REQUIRE(name != nullptr);
    REQUIRE(string != nullptr);
    for (int number = 0; number < 1000; ++number) {
        const char* ours = runtime_name(static_cast<Error>(number));
        INFO(number);
        if (ours == nullptr) {
            CHECK(std::string(name(number)) == "unrecognized error code");
            continue;
        }
        CHECK(std::string(name(number)) == ours);
        CHECK(std::string(string(number)) == text(static_cast<Error>(number)));
    }
    dlclose(library);
}
