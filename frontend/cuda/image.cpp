#include "frontend/cuda/image.hpp"

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/fatbin.hpp"
#include "frontend/cubin/toolkit.hpp"
#include "frontend/cuda/message.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <cstring>
#include <elf.h>

namespace heddle::cuda {

namespace {

// What __cudaRegisterFatBinary gets, and cuModuleLoadData may get.
struct FatbinWrapper {
    std::uint32_t magic;
    std::uint32_t version; // 1; 2 for programs linked with nvlink (-rdc)
    const void* data;      // a container
    const void* more;      // version 2: list of containers with PTX, ended by null
};

template <class Number> Number read(const void* at) {
    Number number;
    std::memcpy(&number, at, sizeof number);
    return number;
}

// A container of which only the address is known.
std::span<const std::byte> container(const void* data, const std::string& label) {
    const auto* bytes = static_cast<const std::byte*>(data);
    return {bytes, cubin::fatbin_bytes({bytes, cubin::kFatbinHeaderBytes}, label)};
}

// Bytes of an ELF image of which only the address is known: up to the end of its last table or section.
std::uint64_t elf_bytes(const void* data) {
    const auto* bytes = static_cast<const std::byte*>(data);
    const auto header = read<Elf64_Ehdr>(bytes);
    std::uint64_t end = std::max<std::uint64_t>(header.e_shoff + std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr),
                                                header.e_phoff + std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr));
    if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shoff > cubin::kMaxImageBytes) return sizeof(Elf64_Ehdr);
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        const auto section = read<Elf64_Shdr>(bytes + header.e_shoff + i * sizeof(Elf64_Shdr));
        if (section.sh_type != SHT_NOBITS && section.sh_offset < cubin::kMaxImageBytes && section.sh_size < cubin::kMaxImageBytes)
            end = std::max<std::uint64_t>(end, section.sh_offset + section.sh_size);
    }
    return std::min(end, cubin::kMaxImageBytes);
}

std::string_view as_text(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// `options` go to ptxas.
std::vector<std::byte> compile(std::string_view ptx, unsigned architecture, const std::string& label,
                               std::span<const std::string> options = {}) {
    while (!ptx.empty() && ptx.back() == '\0') ptx.remove_suffix(1);
    try {
        return cubin::compile_ptx(ptx, architecture, label, options);
    } catch (const UserError& error) {
        say(error);
        throw Failure{cubin::find_tool("ptxas").empty() ? Error::JitCompilerNotFound : Error::InvalidPtx};
    }
}

// The image of `entries` for this GPU, compiled if need be. Throws Failure if there is none.
std::vector<std::byte> choose(std::span<const cubin::FatbinEntry> entries, unsigned architecture, const std::string& label,
                              std::span<const std::string> options = {}) {
    const cubin::FatbinEntry* entry = cubin::choose_image(entries, architecture);
    if (entry == nullptr) {
        say(label + ": " + cubin::why_no_image(entries, architecture));
        throw Failure{Error::NoKernelImageForDevice};
    }
    std::vector<std::byte> image = entry->decompress();
    return entry->kind == cubin::ImageKind::Elf ? image : compile(as_text(image), architecture, label, options);
}

// The parts of a program that nvlink put together (-rdc), linked again from PTX for this GPU.
std::vector<std::byte> link_parts(const void* list, unsigned architecture, const std::string& label) {
    const std::string relocatable[] = {"-c"};
    std::vector<std::vector<std::byte>> parts;
    for (const auto* part = static_cast<const void* const*>(list); *part != nullptr; ++part)
        parts.push_back(choose(cubin::read_fatbin(container(*part, label), label), architecture, label, relocatable));
    return cubin::link_cubins(parts, architecture, false, label);
}

} // namespace

Image::Image(const void* data, bool copy, std::string label) : data_(data), label_(std::move(label)) {
    if (data == nullptr) throw Failure{Error::InvalidValue};
    std::uint64_t bytes = 0;
    if (const auto magic = read<std::uint32_t>(data); magic == cubin::kFatbinWrapperMagic) {
        kind_ = Kind::Wrapper;
        copy = false;
    } else if (magic == cubin::kFatbinMagic) {
        kind_ = Kind::Container;
        if (copy) bytes = container(data, label_).size();
    } else if (std::memcmp(data, ELFMAG, SELFMAG) == 0) {
        kind_ = Kind::Cubin;
        if (copy) bytes = elf_bytes(data);
    } else {
        const char* text = static_cast<const char*>(data);
        const std::size_t length = strnlen(text, cubin::kMaxImageBytes);
        if (std::string_view(text, length).find(".version") == std::string_view::npos) throw Failure{Error::InvalidKernelImage};
        kind_ = Kind::Ptx;
        bytes = length + 1;
    }
    if (!copy) return;
    copy_.assign(static_cast<const std::byte*>(data), static_cast<const std::byte*>(data) + bytes);
    data_ = copy_.data();
}

std::vector<std::byte> Image::cubin_for(unsigned architecture) const {
    const auto* bytes = static_cast<const std::byte*>(data_);
    if (kind_ == Kind::Cubin) return {bytes, bytes + elf_bytes(bytes)};
    if (kind_ == Kind::Ptx) return compile(static_cast<const char*>(data_), architecture, label_);
    if (kind_ == Kind::Container) return choose(cubin::read_fatbin(container(data_, label_), label_), architecture, label_);
    const auto wrapper = read<FatbinWrapper>(data_);
    const auto entries = cubin::read_fatbin(container(wrapper.data, label_), label_);
    if (wrapper.version == 2 && wrapper.more != nullptr && cubin::choose_image(entries, architecture) == nullptr)
        return link_parts(wrapper.more, architecture, label_);
    return choose(entries, architecture, label_);
}

emulator::Module& Image::load(emulator::Device& device) {
    if (module_ != nullptr) return *module_;
    if (failed_ != Error::Success) throw Failure{failed_};
    failed_ = Error::InvalidKernelImage;
    try {
        const unsigned architecture = device.properties().architecture;
        const cubin::Cubin cubin = cubin::Cubin::parse(cubin_for(architecture), label_);
        if (cubin.architecture() / 10 != architecture / 10 || cubin.architecture() > architecture) {
            say(label_ + ": is code for sm_" + std::to_string(cubin.architecture()) + ", and the GPU is sm_" +
                std::to_string(architecture));
            throw Failure{Error::NoKernelImageForDevice};
        }
        module_ = emulator::Module::load(cubin, device.memory(), label_);
    } catch (const Failure& failure) {
        failed_ = failure.error;
        throw;
    } catch (const UserError& error) {
        say(error);
        throw Failure{failed_};
    }
    return *module_;
}

Kernel& Image::kernel(std::string_view name) {
    auto found = kernels_.find(name);
    if (found == kernels_.end()) {
        auto made = std::make_unique<Kernel>();
        made->image = this;
        made->name = name;
        found = kernels_.emplace(std::string(name), std::move(made)).first;
    }
    return *found->second;
}

Image* ImageStore::add(const void* data, bool copy, std::string label) {
    auto image = std::make_unique<Image>(data, copy, std::move(label));
    Image* handle = image.get();
    images_.emplace(handle, std::move(image));
    return handle;
}

void ImageStore::remove(Image* image) {
    std::erase_if(kernels_, [&](const auto& entry) { return entry.second->image == image; });
    std::erase_if(handles_, [&](const auto& entry) { return entry.second->image == image; });
    std::erase_if(variables_, [&](const auto& entry) { return entry.second.image == image; });
    images_.erase(image);
}

Image* ImageStore::find_image(const void* handle) const {
    const auto found = images_.find(handle);
    return found == images_.end() ? nullptr : found->second.get();
}

void ImageStore::register_kernel(Image* image, const void* host_function, const char* name) {
    Kernel& kernel = image->kernel(name);
    kernels_[host_function] = &kernel;
    handles_[&kernel] = &kernel;
}

void ImageStore::register_variable(const void* host_variable, RegisteredVariable variable) {
    variables_[host_variable] = std::move(variable);
}

Kernel* ImageStore::find_kernel(const void* host_function) const {
    const auto found = kernels_.find(host_function);
    return found == kernels_.end() ? nullptr : found->second;
}

Kernel& ImageStore::kernel(const void* function) {
    if (Kernel* kernel = find_kernel(function)) return ready(*kernel);
    const auto found = handles_.find(function);
    if (found == handles_.end()) throw Failure{Error::InvalidDeviceFunction};
    return ready(*found->second);
}

Kernel& ImageStore::ready(Kernel& kernel) {
    handles_[&kernel] = &kernel;
    if (kernel.function == nullptr) kernel.function = kernel.image->load(device_).find_function(kernel.name);
    if (kernel.function == nullptr) {
        say(kernel.image->label() + ": holds no kernel " + kernel.name);
        throw Failure{Error::InvalidDeviceFunction};
    }
    return kernel;
}

const emulator::Variable& ImageStore::variable(const void* host_variable) {
    auto found = variables_.find(host_variable);
    if (found == variables_.end()) // a __managed__ variable has the same address on the host and the device
        found = std::find_if(variables_.begin(), variables_.end(), [&](const auto& entry) {
            return entry.second.managed_pointer != nullptr && *entry.second.managed_pointer == host_variable;
        });
    if (found == variables_.end()) throw Failure{Error::InvalidSymbol};
    const emulator::Variable* variable = found->second.image->load(device_).find_variable(found->second.name);
    if (variable == nullptr) throw Failure{Error::InvalidSymbol};
    return *variable;
}

void ImageStore::load_managed(Image* image) {
    for (auto& [host, variable] : variables_) {
        if (variable.image != image || variable.managed_pointer == nullptr) continue;
        const emulator::Variable* loaded = image->load(device_).find_variable(variable.name);
        if (loaded != nullptr) *variable.managed_pointer = reinterpret_cast<void*>(loaded->address);
    }
}

} // namespace heddle::cuda
