// Fuzz target: damaged cubins that are loaded and executed.
//
// An input's first byte says which sound cubin, its second how it is launched; then each 8 bytes are a patch (damaged_cubin.hpp) of code,
// constant banks, attributes, symbols or headers. The kernels are launched with small grids and arguments that are good pointers, whatever
// the damaged attributes call for. The only right answers are an end or one error: UserError or DeviceFault.
#include "frontend/cubin/cubin.hpp"
#include "frontend/emulator/device.hpp"
#include "sim/base/error.hpp"
#include "tests/fuzz/damaged_cubin.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>

namespace heddle::fuzz {

using namespace emulator;

namespace {

constexpr Bytes kBufferBytes = 64 << 10;
constexpr std::size_t kMostKernels = 3;
constexpr double kSeconds = 0.05; // of a launch

bool worth_damaging(const cubin::ElfSection& section) {
    return section.name.starts_with(".text") || section.name.starts_with(".nv.constant") || section.name.starts_with(".nv.info") ||
           section.name.starts_with(".nv.shared") || section.name.starts_with(".rel") || section.type == cubin::elf::kSymbolTable;
}

const std::vector<Sound>& sounds() {
    static const std::vector<Sound> made = [] {
        std::vector<Sound> list;
        const std::string folder = std::string(HEDDLE_SOURCE_DIR) + "/traces/cubins/";
        for (const char* name :
             {"vector_add_sm80.cubin", "vector_add_sm90a.cubin", "features_sm80.cubin", "features_sm90a.cubin", "cluster_sm90.cubin",
              "ffma_sm80.cubin", "gemm_mma_sm80.cubin", "gemm_mma_sm90a.cubin", "reduce_sm80.cubin", "reduce_sm90a.cubin",
              "sgemm_sm90a.cubin", "triad_sm80.cubin", "features_sm80_linked.cubin", "features_sm90_linked.cubin"})
            list.push_back(sound_file(name, cubin::read_binary_file(folder + name), worth_damaging));
        return list;
    }();
    return made;
}

// Every 8 bytes of a parameter are a pointer into a buffer; 4 bytes are a small number.
std::vector<std::byte> arguments(const Function& function, Address buffer) {
    std::vector<std::byte> bytes(function.parameter_bytes);
    for (std::size_t i = 0; i < function.parameters.size(); ++i) {
        const KernelParameter& p = function.parameters[i];
        const Address pointer = buffer + (i % 4) * (kBufferBytes / 4);
        const std::uint32_t number = 64;
        if (p.size == 4) std::memcpy(bytes.data() + p.offset, &number, 4);
        else
            for (std::uint32_t at = 0; at + 8 <= p.size; at += 8) std::memcpy(bytes.data() + p.offset + at, &pointer, 8);
    }
    return bytes;
}

void launch(Device& device, const Function& function, Address buffer, unsigned how) {
    LaunchRequest request;
    request.function = &function;
    request.grid = {how & 1 ? 2U : 1U, 1, 1};
    request.block = {how & 2 ? 33U : 64U, 1, 1};
    if (function.required_block.x) request.block = function.required_block;
    if (function.cluster.x) request.cluster = function.cluster;
    request.grid.x *= std::min(request.cluster.x, 16U);
    request.dynamic_shared = how & 4 ? 4096 : 0;
    request.cooperative = how & 8;
    request.parameters = arguments(function, buffer);
    if (!(how & 16)) return device.execute(request);
    Grid grid(device, request); // as the timing model takes it
    while (grid.next_recorded()) {
    }
}

void run(const Blob& bytes, unsigned how, bool sound) {
    const cubin::Cubin image = cubin::Cubin::parse(bytes, "input");
    DeviceProperties properties;
    properties.architecture = image.architecture();
    properties.memory_bytes = 64 << 20;
    Device device(properties);
    device.timeout_seconds = kSeconds;
    static std::FILE* const nowhere = std::fopen("/dev/null", "w");
    device.output = nowhere;
    const auto module = Module::load(image, device.memory(), "input");
    const Address buffer = device.memory().allocate(kBufferBytes, AllocationKind::Device, "buffer");
    std::size_t launched = 0;
    for (const auto& [name, function] : module->functions()) {
        if (launched++ == kMostKernels) break;
        try {
            launch(device, function, buffer, how);
        } catch (const DeviceFault& fault) {
            HEDDLE_EXPECT(!fault.report().empty(), "a fault without a report");
        } catch (const UserError& error) {
            HEDDLE_EXPECT(!error.findings().empty(), "an error without a finding");
        }
    }
    HEDDLE_EXPECT(!sound || launched > 0, "a sound cubin without a kernel");
}

} // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> seeds;
    for (std::size_t file = 0; file < sounds().size(); ++file)
        for (const char how : {'\0', '\7', '\20', '\13'}) {
            std::string seed{static_cast<char>(file), how};
            seeds.push_back(seed);
            for (std::size_t area = 0; area < sounds()[file].areas.size(); ++area)
                seeds.push_back(seed +
                                std::string{static_cast<char>(area), '\0', static_cast<char>(40 * area), '\1', '\5', '\0', '\0', '\0'});
        }
    return seeds;
}

std::vector<std::string> words() { return damaging_words(); }

} // namespace heddle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace heddle;
    using namespace heddle::fuzz;
    const Sound& file = sounds()[size ? data[0] % sounds().size() : 0];
    Blob bytes = file.bytes;
    constexpr std::size_t kMostPatches = 24;
    std::size_t patches = 0;
    for (std::size_t at = 2; at + 8 <= size && patches < kMostPatches; at += 8, ++patches) damage(bytes, file, data + at);
    try {
        run(bytes, size > 1 ? data[1] : 0, patches == 0);
    } catch (const UserError& error) {
        HEDDLE_EXPECT(patches > 0, "a sound file was refused: {}", error.what());
        HEDDLE_EXPECT(!error.findings().empty() && !error.findings().front().what.empty(), "an error without a finding");
    }
    return 0;
}
