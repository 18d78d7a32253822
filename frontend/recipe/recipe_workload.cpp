#include "frontend/recipe/recipe_workload.hpp"

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/fatbin.hpp"
#include "frontend/cubin/toolkit.hpp"
#include "frontend/emulator/emulated_kernel.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace heddle::recipe {

namespace {

constexpr std::uintmax_t kMostCodeBytes = 1ULL << 30;

std::vector<std::byte> read_bytes(const std::filesystem::path& path, const Recipe& recipe) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file) fail_at(recipe.path.string(), 0, 0, fmt::format("cannot read {}", path.string()), error ? error.message() : "");
    if (size > kMostCodeBytes) fail_at(path.string(), 0, 0, fmt::format("has {} bytes of code", size), "too large");
    std::vector<std::byte> bytes(size);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (static_cast<std::uintmax_t>(file.gcount()) != size) fail_at(path.string(), 0, 0, "cannot be read to its end");
    return bytes;
}

bool starts_with(const std::vector<std::byte>& bytes, std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

} // namespace

RecipeWorkload::RecipeWorkload(Recipe recipe, emulator::DeviceProperties properties)
    : recipe_(std::move(recipe)), device_(std::make_unique<emulator::Device>(std::move(properties))) {
    place_captured();
    load_code();
    for (std::size_t i = 0; i < recipe_.buffers.size(); ++i) {
        const std::vector<std::byte> bytes = fill(recipe_.buffers[i], recipe_);
        std::memcpy(device_->memory().bytes(place(i), bytes.size()), bytes.data(), bytes.size());
        digest_ = (digest_ ^ recipe::digest(bytes.data(), bytes.size())) * 0x100000001b3ULL;
    }
    for (const Launch& launch : recipe_.launches) request(launch); // every fault before anything runs
}

// Buffers with an address of their own, before anything else can lie there.
void RecipeWorkload::place_captured() {
    addresses_.resize(recipe_.buffers.size());
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < recipe_.buffers.size(); ++i)
        if (recipe_.buffers[i].address != 0) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return recipe_.buffers[a].address < recipe_.buffers[b].address; });
    for (const std::size_t i : order) {
        const Buffer& b = recipe_.buffers[i];
        addresses_[i] = b.address;
        if (!device_->memory().allocate_at(b.address, b.bytes(), emulator::AllocationKind::Device, "buffer " + b.name))
            fail_at(recipe_.path.string(), b.line, 0, fmt::format("buffer {}: the {} bytes at address 0x{:x} are not free", b.name, b.bytes(), b.address),
                    "another buffer or this program itself lies there; another run may place itself elsewhere");
    }
}

// Where buffer `i` lies; takes memory for it if it has none yet.
Address RecipeWorkload::place(std::size_t i) {
    const Buffer& b = recipe_.buffers[i];
    if (addresses_[i] != 0) return addresses_[i];
    if (b.variable.empty()) {
        addresses_[i] = device_->memory().allocate(b.bytes(), emulator::AllocationKind::Device, "buffer " + b.name);
        if (addresses_[i] == 0) fail_at(recipe_.path.string(), b.line, 0, fmt::format("no memory for the {} bytes of buffer {}", b.bytes(), b.name));
        return addresses_[i];
    }
    const emulator::Variable* variable = module_->find_variable(b.variable);
    if (!variable) fail_at(recipe_.path.string(), b.line, 0, fmt::format("the code has no variable {}", b.variable));
    if (variable->bytes != b.bytes()) fail_at(recipe_.path.string(), b.line, 0, fmt::format("variable {} has {} bytes", b.variable, variable->bytes), fmt::format("the recipe gives it {}", b.bytes()));
    return addresses_[i] = variable->address;
}

// Of all code files: the machine code that fits best, else PTX for ptxas.
void RecipeWorkload::load_code() {
    const unsigned architecture = device_->properties().architecture;
    std::vector<std::vector<std::byte>> files;
    std::vector<cubin::FatbinEntry> entries;
    for (const auto& path : recipe_.code) {
        files.push_back(read_bytes(path, recipe_));
        const std::vector<std::byte>& bytes = files.back();
        if (starts_with(bytes, "\x50\xed\x55\xba")) {
            for (auto& entry : cubin::read_fatbin(bytes, path.string())) entries.push_back(std::move(entry));
        } else {
            cubin::FatbinEntry entry;
            entry.payload = bytes;
            entry.image_bytes = bytes.size();
            entry.file = path.string();
            if (starts_with(bytes, "\177ELF")) {
                const auto parsed = cubin::Cubin::parse(bytes, path.string());
                entry.kind = cubin::ImageKind::Elf;
                entry.architecture = parsed.architecture();
                entry.accelerated = parsed.accelerated();
            } else {
                entry.kind = cubin::ImageKind::Ptx;
                entry.architecture = 50; // ptxas will say if it is not for this GPU
            }
            entries.push_back(std::move(entry));
        }
    }
    const cubin::FatbinEntry* chosen = cubin::choose_image(entries, architecture);
    if (!chosen) fail_at(recipe_.path.string(), 0, 0, fmt::format("no code for sm_{}", architecture), cubin::why_no_image(entries, architecture));
    std::vector<std::byte> image = chosen->decompress();
    if (chosen->kind == cubin::ImageKind::Ptx)
        image = cubin::compile_ptx({reinterpret_cast<const char*>(image.data()), image.size()}, architecture, chosen->file);
    digest_ = recipe::digest(image.data(), image.size());
    const auto parsed = cubin::Cubin::parse(image, chosen->file);
    module_ = emulator::Module::load(parsed, device_->memory(), chosen->file, device_->lane_level());
}

const emulator::Function& RecipeWorkload::function(const Launch& launch) const {
    if (const auto* exact = module_->find_function(launch.kernel)) return *exact;
    std::vector<const emulator::Function*> found;
    std::string names;
    for (const auto& [name, f] : module_->functions()) {
        if (name.find(launch.kernel) != std::string::npos) found.push_back(&f);
        names += (names.empty() ? "" : ", ") + name;
    }
    if (found.size() != 1)
        fail_at(recipe_.path.string(), launch.line, 0, fmt::format("{} kernel is called {}", found.empty() ? "no" : "more than one", launch.kernel), "kernels: " + names);
    return *found.front();
}

emulator::LaunchRequest RecipeWorkload::request(const Launch& launch) const {
    emulator::LaunchRequest r;
    const emulator::Function& f = function(launch);
    r.function = &f;
    r.grid = launch.grid;
    r.block = launch.block;
    r.cluster = f.cluster.x != 0 ? f.cluster : launch.cluster;
    r.dynamic_shared = launch.dynamic_shared;
    r.cooperative = launch.cooperative;
    r.stream = launch.stream;
    r.parameters.resize(f.parameter_bytes);
    if (!launch.parameters.empty()) {
        if (launch.parameters.size() != r.parameters.size())
            fail_at(recipe_.path.string(), launch.line, 0, fmt::format("{} bytes of parameters", launch.parameters.size()), fmt::format("{} takes {}", f.name, r.parameters.size()));
        r.parameters = launch.parameters;
        return r;
    }
    if (launch.arguments.size() != f.parameters.size())
        fail_at(recipe_.path.string(), launch.line, 0, fmt::format("{} arguments", launch.arguments.size()), fmt::format("{} takes {}", f.name, f.parameters.size()));
    for (std::size_t i = 0; i < launch.arguments.size(); ++i) {
        const Argument& a = launch.arguments[i];
        std::vector<std::byte> bytes = a.bytes;
        if (a.kind == Argument::Kind::Buffer) {
            const auto at = std::find_if(recipe_.buffers.begin(), recipe_.buffers.end(), [&](const Buffer& b) { return b.name == a.buffer; });
            const Address address = addresses_.at(static_cast<std::size_t>(at - recipe_.buffers.begin())) + a.offset;
            bytes.resize(sizeof address);
            std::memcpy(bytes.data(), &address, sizeof address);
        }
        if (bytes.size() != f.parameters[i].size)
            fail_at(recipe_.path.string(), a.line, a.column, fmt::format("argument {} has {} bytes", i + 1, bytes.size()), fmt::format("the kernel takes {}", f.parameters[i].size));
        std::memcpy(r.parameters.data() + f.parameters[i].offset, bytes.data(), bytes.size());
    }
    return r;
}

void RecipeWorkload::execute() {
    for (const Launch& launch : recipe_.launches) device_->execute(request(launch));
}

std::size_t RecipeWorkload::checked() const {
    return static_cast<std::size_t>(std::count_if(recipe_.buffers.begin(), recipe_.buffers.end(), [](const Buffer& b) { return !b.expect.empty() || !b.expect_file.empty(); }));
}

std::uint64_t RecipeWorkload::buffer_digest(std::size_t i) const {
    const Bytes bytes = recipe_.buffers.at(i).bytes();
    return recipe::digest(device_->memory().bytes(addresses_.at(i), bytes), bytes);
}

// Empty if buffer `i` is what its file holds.
std::string RecipeWorkload::compare(std::size_t i) const {
    const Buffer& b = recipe_.buffers[i];
    const std::vector<std::byte> wanted = read_content(b.expect_file, b.bytes(), b, recipe_);
    const std::byte* const got = device_->memory().bytes(addresses_[i], b.bytes());
    const Bytes size = size_of(b.type);
    std::uint64_t different = 0, first = 0;
    for (std::uint64_t k = b.count; k-- > 0;)
        if (std::memcmp(got + k * size, wanted.data() + k * size, size) != 0) {
            ++different;
            first = k;
        }
    if (different == 0) return {};
    const auto word = [&](const std::byte* bytes) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes + first * size, size);
        return value;
    };
    return fmt::format("buffer {}: {} of {} elements differ from {}, first element {}: 0x{:x}, expected 0x{:x}", b.name, different, b.count,
                       b.expect_file.filename().string(), first, word(got), word(wanted.data()));
}

std::vector<std::string> RecipeWorkload::wrong() const {
    std::vector<std::string> findings;
    for (std::size_t i = 0; i < recipe_.buffers.size(); ++i) {
        const Buffer& b = recipe_.buffers[i];
        if (!b.expect_file.empty()) {
            if (const std::string difference = compare(i); !difference.empty()) findings.push_back(difference);
            continue;
        }
        const std::uint64_t digest = buffer_digest(i);
        if (!b.expect.empty() && std::find(b.expect.begin(), b.expect.end(), digest) == b.expect.end())
            findings.push_back(fmt::format("buffer {} has digest {:016x}, expected {:016x}{}", b.name, digest, b.expect.front(),
                                           b.expect.size() > 1 ? " or another that the recipe names" : ""));
    }
    return findings;
}

std::string RecipeWorkload::digest() const { return fmt::format("{:016x}", digest_); }

std::optional<Command> RecipeWorkload::next_command() {
    if (next_buffer_ < recipe_.buffers.size()) {
        Command copy;
        copy.kind = Command::Kind::CopyToDevice;
        copy.address = addresses_[next_buffer_];
        copy.bytes = recipe_.buffers[next_buffer_++].bytes();
        return copy;
    }
    if (next_launch_ == recipe_.launches.size()) return std::nullopt;
    const emulator::LaunchRequest r = request(recipe_.launches[next_launch_++]);
    Command command;
    command.kernel = std::make_unique<emulator::EmulatedKernel>(std::make_unique<emulator::Grid>(*device_, r), next_launch_, r.function->name);
    return command;
}

FrontendNotes RecipeWorkload::notes() const {
    FrontendNotes notes;
    notes.assumptions.push_back("what a kernel does does not depend on time: the emulator runs CTAs in a fixed order, and clocks advance by instructions");
    return notes;
}

} // namespace heddle::recipe
