// The CUDA driver of this machine, loaded when asked for: what it takes to run a launch recipe on a real GPU.
//
// Heddle is built and used without CUDA; the few functions needed are looked up in libcuda.so.1 by name. Types are spelled
// as the driver's binary interface has them (CUDA Driver API reference, CUDA 12.4 and later for the enumeration of kernels).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heddle::cuda_device {

using DevicePointer = std::uint64_t;

// One launch; `parameters` are the kernel's parameter area, one after the other as its signature has them.
struct DriverLaunch {
    void* function = nullptr;
    unsigned grid[3] = {1, 1, 1}, block[3] = {1, 1, 1}, cluster[3] = {0, 0, 0}; // cluster 0: none
    unsigned dynamic_shared = 0;
    bool cooperative = false;
    void* stream = nullptr;
    std::vector<std::byte> parameters;
};

// The first GPU, with its primary context current in this thread. Errors: UserError that says what the driver said.
class Driver {
  public:
    Driver();
    ~Driver();
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    std::string device_name() const;
    unsigned architecture() const; // 90 for compute capability 9.0
    unsigned processors() const;   // SMs

    void* load(const std::vector<std::byte>& image, const std::string& name); // cubin, fat binary or PTX
    void unload(void* module);
    std::vector<std::string> kernels(void* module) const;
    void* kernel(void* module, const std::string& name) const;
    // Address and bytes of a variable; address 0: there is none.
    std::pair<DevicePointer, std::size_t> variable(void* module, const std::string& name) const;
    // Bytes each parameter takes, at its offset.
    std::vector<std::pair<std::size_t, std::size_t>> parameters(void* function) const;

    DevicePointer allocate(std::size_t bytes);
    void free(DevicePointer address); // of allocate()
    // Maps memory so that [address, address + bytes) is usable; false if it is not to be had there.
    bool allocate_at(DevicePointer address, std::size_t bytes);
    void write(DevicePointer to, const std::vector<std::byte>& bytes);
    std::vector<std::byte> read(DevicePointer from, std::size_t bytes);

    void* make_stream();
    // Milliseconds on the GPU between before and after the launch, by events in its stream.
    double launch(const DriverLaunch& launch);

  private:
    struct Functions;
    Functions* f_;
    int device_ = 0;
    std::vector<std::pair<DevicePointer, std::size_t>> reserved_;
    void check(int error, const std::string& what) const;
};

} // namespace heddle::cuda_device
