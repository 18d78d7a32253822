// Device code of a program: images as they are registered or loaded, their kernels and variables.
//
// What hardware this is: the module loader of the runtime and the driver.
// What is modelled: fat binaries registered at start-up, cubins, fat binaries and PTX loaded at run time. An image is put on
// the GPU when it is first needed (lazy loading, as the runtime has done since CUDA 12). What is not: linking of several
// relocatable images at run time.
#pragma once

#include "frontend/cuda/error_codes.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/module.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace heddle::cuda {

class Image;

// A kernel as a program sees it: cudaKernel_t, CUfunction and CUkernel all point to one of these.
struct Kernel {
    Image* image = nullptr;
    std::string name;
    const emulator::Function* function = nullptr; // null until the image is loaded
    // Set by cudaFuncSetAttribute
    Bytes max_dynamic_shared = 0; // 0: not set, 48 KiB less what is static
    int shared_carveout = -1;
    bool nonportable_cluster = false;
    int cluster_policy = 0;
    Dim3 cluster{0, 0, 0}; // required extent, 0: none
};

// A __device__, __constant__ or __managed__ variable that the program registered under a host address.
struct RegisteredVariable {
    Image* image = nullptr;
    std::string name;
    Bytes bytes = 0;
    void** managed_pointer = nullptr; // of a __managed__ variable: where the host finds its address
};

// Throws away what the API answers with: how API functions fail.
struct Failure {
    Error error;
};

class Image {
  public:
    // `data`: a fat binary's wrapper or container, a cubin, or PTX text ending in a zero byte, in the program's memory. It is read when
    // the image is loaded, or copied at once if `copy`. Throws Failure if it is none of these.
    Image(const void* data, bool copy, std::string label);

    const std::string& label() const { return label_; }
    bool loaded() const { return module_ != nullptr; }
    // The module on the GPU, loaded now if it is not yet. Throws Failure after telling the user why.
    emulator::Module& load(emulator::Device& device);

    // Kernel `name`, known or not; made on first demand.
    Kernel& kernel(std::string_view name);
    const std::map<std::string, std::unique_ptr<Kernel>, std::less<>>& kernels() const { return kernels_; }

  private:
    std::vector<std::byte> cubin_for(unsigned architecture) const;
    enum class Kind { Wrapper, Container, Cubin, Ptx };
    Kind kind_;
    const void* data_;
    std::vector<std::byte> copy_;
    std::string label_;
    std::unique_ptr<emulator::Module> module_;
    Error failed_ = Error::Success; // a load that failed once fails again, silently
    std::map<std::string, std::unique_ptr<Kernel>, std::less<>> kernels_;
};

// Everything registered or loaded.
class ImageStore {
  public:
    explicit ImageStore(emulator::Device& device) : device_(device) {}

    Image* add(const void* data, bool copy, std::string label);
    // Removes an image with its kernels and variables. Requires: nothing that uses it is queued.
    void remove(Image* image);
    // Null if `handle` is none.
    Image* find_image(const void* handle) const;

    void register_kernel(Image* image, const void* host_function, const char* name);
    void register_variable(const void* host_variable, RegisteredVariable variable);

    // By host function or by handle; loaded. Throws Failure(InvalidDeviceFunction) if it is unknown.
    Kernel& kernel(const void* function);
    // By host function only; null if unknown. Not loaded.
    Kernel* find_kernel(const void* host_function) const;
    // Loads the image of `kernel` and finds its code. Throws Failure.
    Kernel& ready(Kernel& kernel);
    // A registered variable, loaded. Throws Failure(InvalidSymbol).
    const emulator::Variable& variable(const void* host_variable);
    // Gives the __managed__ variables of `image` their addresses.
    void load_managed(Image* image);

  private:
    emulator::Device& device_;
    std::unordered_map<const void*, std::unique_ptr<Image>> images_;
    std::unordered_map<const void*, Kernel*> kernels_; // by host function
    std::unordered_map<const void*, Kernel*> handles_; // kernels handed out, by their own address
    std::unordered_map<const void*, RegisteredVariable> variables_;
};

} // namespace heddle::cuda
