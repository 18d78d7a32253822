// Captures launches of a running CUDA program through its runtime, whichever that is: a real one on a real GPU, or the stand-in.
//
// What is captured: for each chosen launch the code, the parameters, and all memory the program has from the runtime and all
// variables of the code, before and after. What is not: memory of the driver API, textures and surfaces, launches inside graphs
// (counted as skipped), what the program's host threads write to managed memory meanwhile.
// How: the program waits before and after each captured launch, so kernels that run at the same time are captured one by one.
#pragma once

#include "tools/cuda_capture/bundle.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace heddle::capture {

struct LaunchArguments {
    const void* function = nullptr; // of the host, or a kernel's handle
    Dim3 grid, block, cluster{1, 1, 1};
    Bytes dynamic_shared = 0;
    bool cooperative = false;
    void** parameters = nullptr;
    void* stream = nullptr;
};

class Recorder {
  public:
    static Recorder& instance();

    void allocated(void* pointer, std::size_t bytes);
    void freed(void* pointer);
    void registered_code(void** handle, void* wrapper);
    void registered_kernel(void** handle, const void* host_function, const char* name);
    void registered_variable(void** handle, const void* host_variable, const char* name, std::size_t bytes);
    void named_kernel(const void* handle, const void* host_function); // __cudaGetKernel

    // Makes the launch with `real` and captures it if it was asked for. Returns what `real` returns.
    int launch(const LaunchArguments& arguments, const std::function<int()>& real);

  private:
    Recorder();
    struct Code {
        const void* wrapper = nullptr;
        std::string file; // of the bundle, once it was used
        struct Variable {
            const void* host = nullptr;
            std::string name;
            std::size_t bytes = 0;
        };
        std::vector<Variable> variables;
        std::map<std::string, std::vector<std::pair<std::uint32_t, std::uint32_t>>> parameters; // by kernel: offset, bytes
        std::map<std::string, std::uint32_t> parameter_bytes;
    };
    struct KernelName {
        Code* code = nullptr;
        std::string name;
    };
    bool wanted(const KernelName* kernel);
    void open();
    void prepare(Code& code);
    std::vector<Piece> pieces_of(const Code& code) const;
    void read(std::vector<Piece>& pieces, bool after);
    void say(const std::string& text) const;

    std::mutex mutex_;
    std::map<std::uintptr_t, std::size_t> allocations_;
    std::map<const void*, std::unique_ptr<Code>> codes_; // by handle
    std::map<const void*, KernelName> kernels_;
    std::unique_ptr<Bundle> bundle_;
    std::string folder_, part_of_name_;
    std::uint64_t first_ = 1, last_ = ~0ULL; // of the launches with a matching name
    Bytes most_bytes_ = 0;
    std::uint64_t launches_ = 0, matching_ = 0;
    bool broken_ = false;
};

// The runtime's own function of that name. Null if it has none.
void* next_function(const char* name);

} // namespace heddle::capture
