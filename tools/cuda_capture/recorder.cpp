#include "tools/cuda_capture/recorder.hpp"

#include "frontend/cubin/image_for_gpu.hpp"
#include "sim/base/error.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

namespace heddle::capture {

namespace {

// As __cudaRegisterFatBinary gets it.
struct Wrapper {
    std::uint32_t magic, version;
    const void* data;
    const void* more;
};

constexpr int kToHost = 2;                    // cudaMemcpyDeviceToHost
constexpr int kMajor = 75, kMinor = 76;       // cudaDevAttrComputeCapabilityMajor, Minor
constexpr std::size_t kPropertiesBytes = 8192; // more than cudaDeviceProp has in any version; it begins with the name
constexpr std::size_t kNameBytes = 256;

template <class Result, class... Arguments> Result call(const char* name, Arguments... arguments) {
    auto* function = reinterpret_cast<Result (*)(Arguments...)>(next_function(name));
    if (function == nullptr) throw std::runtime_error(fmt::format("the CUDA runtime has no {}", name));
    return function(arguments...);
}

void check(int error, const char* what) {
    if (error != 0) throw std::runtime_error(fmt::format("{} failed with CUDA error {}", what, error));
}

int attribute(int number) {
    int device = 0, value = 0;
    check(call<int>("cudaGetDevice", &device), "cudaGetDevice");
    check(call<int>("cudaDeviceGetAttribute", &value, number, device), "cudaDeviceGetAttribute");
    return value;
}

std::string text_of(const char* variable) {
    const char* text = std::getenv(variable);
    return text == nullptr ? "" : text;
}

std::string command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (!text.empty() && text.back() == '\0') text.pop_back();
    for (char& c : text)
        if (c == '\0') c = ' ';
    return text;
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    char text[32] = "";
    std::tm utc{};
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    return text;
}

Provenance describe() {
    Provenance p;
    std::vector<char> properties(kPropertiesBytes);
    const bool old = next_function("cudaGetDeviceProperties_v2") != nullptr;
    const char* const get = old ? "cudaGetDeviceProperties_v2" : "cudaGetDeviceProperties";
    check(call<int>(get, static_cast<void*>(properties.data()), 0), get);
    p.gpu.assign(properties.data(), strnlen(properties.data(), kNameBytes));
    p.capability = attribute(kMajor) * 10 + attribute(kMinor);
    check(call<int>("cudaRuntimeGetVersion", &p.runtime), "cudaRuntimeGetVersion");
    check(call<int>("cudaDriverGetVersion", &p.driver), "cudaDriverGetVersion");
    p.program = command_line();
    p.date = today();
    return p;
}

} // namespace

void* next_function(const char* name) { return dlsym(RTLD_NEXT, name); }

Recorder& Recorder::instance() {
    static auto* recorder = new Recorder; // outlives every static object of the program
    return *recorder;
}

Recorder::Recorder() {
    folder_ = text_of("HEDDLE_CAPTURE");
    part_of_name_ = text_of("HEDDLE_CAPTURE_NAME");
    most_bytes_ = std::strtoull(text_of("HEDDLE_CAPTURE_BYTES").c_str(), nullptr, 10);
    const std::string range = text_of("HEDDLE_CAPTURE_KERNELS");
    std::sscanf(range.c_str(), "%lu:%lu", &first_, &last_);
    broken_ = folder_.empty();
}

void Recorder::say(const std::string& text) const { std::fprintf(stderr, "heddle: capture: %s\n", text.c_str()); }

void Recorder::allocated(void* pointer, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (pointer != nullptr && bytes != 0) allocations_[reinterpret_cast<std::uintptr_t>(pointer)] = bytes;
}

void Recorder::freed(void* pointer) {
    const std::lock_guard lock(mutex_);
    allocations_.erase(reinterpret_cast<std::uintptr_t>(pointer));
}

void Recorder::registered_code(void** handle, void* wrapper) {
    const std::lock_guard lock(mutex_);
    auto code = std::make_unique<Code>();
    code->wrapper = wrapper;
    codes_[handle] = std::move(code);
}

void Recorder::registered_kernel(void** handle, const void* host_function, const char* name) {
    const std::lock_guard lock(mutex_);
    if (const auto it = codes_.find(handle); it != codes_.end()) kernels_[host_function] = {it->second.get(), name};
}

void Recorder::registered_variable(void** handle, const void* host_variable, const char* name, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (const auto it = codes_.find(handle); it != codes_.end()) it->second->variables.push_back({host_variable, name, bytes});
}

void Recorder::named_kernel(const void* handle, const void* host_function) {
    const std::lock_guard lock(mutex_);
    if (const auto it = kernels_.find(host_function); it != kernels_.end()) kernels_[handle] = KernelName(it->second);
}

bool Recorder::wanted(const KernelName* kernel) {
    ++launches_;
    if (broken_ || (kernel != nullptr && kernel->name.find(part_of_name_) == std::string::npos)) return false;
    ++matching_;
    return matching_ >= first_ && matching_ <= last_;
}

// The first process that captures takes the folder; others add their number to its name.
void Recorder::open() {
    if (bundle_) return;
    Provenance provenance;
    try {
        provenance = describe();
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("there is no usable GPU ({}); --gpu NAME captures on an emulated one", error.what()));
    }
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    const int taken = ::open((folder_ + "/.owner").c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (taken < 0 && errno != EEXIST) throw std::runtime_error(fmt::format("cannot write into {}: {}", folder_, std::strerror(errno)));
    if (taken < 0) folder_ += "." + std::to_string(getpid());
    else close(taken);
    bundle_ = std::make_unique<Bundle>(folder_);
    bundle_->provenance = std::move(provenance);
}

void Recorder::prepare(Code& code) {
    if (!code.file.empty()) return;
    Wrapper wrapper{};
    std::memcpy(&wrapper, code.wrapper, sizeof wrapper);
    const auto* bytes = static_cast<const std::byte*>(wrapper.data);
    const std::uint64_t size = cubin::fatbin_bytes({bytes, cubin::kFatbinHeaderBytes}, "the program's code");
    const cubin::Cubin image = cubin::image_for_gpu(std::span(bytes, size), static_cast<unsigned>(bundle_->provenance.capability), "the program's code");
    for (const cubin::KernelImage& kernel : image.kernels()) {
        auto& parameters = code.parameters[kernel.name];
        for (const cubin::Parameter& p : kernel.parameters) parameters.emplace_back(p.offset, p.size);
        code.parameter_bytes[kernel.name] = kernel.parameter_bytes;
    }
    code.file = bundle_->add_code(image.bytes());
}

std::vector<Piece> Recorder::pieces_of(const Code& code) const {
    std::vector<Piece> pieces;
    Bytes total = 0;
    for (const auto& [address, bytes] : allocations_) {
        pieces.push_back({fmt::format("memory{}", pieces.size()), {}, address, bytes, {}, {}});
        total += bytes;
    }
    for (const Code::Variable& variable : code.variables) {
        void* address = nullptr;
        if (call<int>("cudaGetSymbolAddress", &address, variable.host) != 0) {
            call<int>("cudaGetLastError"); // managed variables and others without an address of their own
            continue;
        }
        pieces.push_back({fmt::format("variable{}", pieces.size()), variable.name, reinterpret_cast<Address>(address), variable.bytes, {}, {}});
        total += variable.bytes;
    }
    if (most_bytes_ != 0 && total > most_bytes_)
        throw std::runtime_error(fmt::format("the program holds {} bytes, more than the {} allowed (--most-bytes)", total, most_bytes_));
    return pieces;
}

void Recorder::read(std::vector<Piece>& pieces, bool after) {
    std::vector<std::byte> content;
    for (Piece& piece : pieces) {
        content.resize(piece.bytes);
        check(call<int>("cudaMemcpy", static_cast<void*>(content.data()), reinterpret_cast<const void*>(piece.address), piece.bytes, kToHost), "reading memory");
        (after ? piece.after : piece.before) = bundle_->add_memory(content);
    }
}

int Recorder::launch(const LaunchArguments& arguments, const std::function<int()>& real) {
    const std::lock_guard lock(mutex_);
    const auto known = kernels_.find(arguments.function);
    const KernelName* kernel = known == kernels_.end() ? nullptr : &known->second;
    if (!wanted(kernel)) return real();
    CapturedLaunch launch;
    launch.number = launches_;
    bool launched = false;
    int result = 0;
    try {
        open();
        if (kernel == nullptr) throw std::runtime_error("a kernel that the program did not register, perhaps of a library loaded at run time");
        launch.kernel = kernel->name;
        int capturing = 0;
        if (next_function("cudaStreamIsCapturing") != nullptr && call<int>("cudaStreamIsCapturing", arguments.stream, &capturing) == 0 && capturing != 0)
            throw std::runtime_error("it becomes part of a graph");
        prepare(*kernel->code);
        launch.code = kernel->code->file;
        launch.grid = arguments.grid;
        launch.block = arguments.block;
        launch.cluster = arguments.cluster;
        launch.dynamic_shared = arguments.dynamic_shared;
        launch.cooperative = arguments.cooperative;
        const auto parameters = kernel->code->parameters.find(kernel->name);
        if (parameters == kernel->code->parameters.end()) throw std::runtime_error("the code for this GPU does not hold it");
        launch.parameters.resize(kernel->code->parameter_bytes[kernel->name]);
        for (std::size_t i = 0; i < parameters->second.size(); ++i) {
            const auto [offset, bytes] = parameters->second[i];
            std::memcpy(launch.parameters.data() + offset, arguments.parameters[i], bytes);
        }
        check(call<int>("cudaDeviceSynchronize"), "the work before it");
        launch.pieces = pieces_of(*kernel->code);
        read(launch.pieces, false);
        launched = true;
        result = real();
        if (result != 0) throw std::runtime_error(fmt::format("it failed with CUDA error {}", result));
        check(call<int>("cudaDeviceSynchronize"), "it");
        read(launch.pieces, true);
        bundle_->add_launch(launch);
    } catch (const std::exception& error) {
        const std::string name = launch.kernel.empty() ? "unknown" : launch.kernel;
        say(fmt::format("launch {} ({}) was not captured: {}", launch.number, name, error.what()));
        if (bundle_) bundle_->skip(launch.number, name, error.what());
        else broken_ = true; // nowhere to write: once is enough
    }
    return launched ? result : real();
}

} // namespace heddle::capture
