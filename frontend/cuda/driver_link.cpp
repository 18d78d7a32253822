// cuLink*: puts PTX and relocatable cubins together with the toolkit's ptxas and nvlink.
#include "frontend/cubin/fatbin.hpp"
#include "frontend/cubin/toolkit.hpp"
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/message.hpp"
#include "frontend/cuda/module_load.hpp"
#include "sim/base/error.hpp"

#include <unordered_map>

namespace heddle::cuda {

namespace {

enum class Input : int { Cubin = 0, Ptx = 1, Fatbinary = 2, Object = 3, Library = 4 };

struct Link {
    struct Part {
        Input input;
        std::vector<std::byte> bytes;
        std::string name;
    };
    std::vector<Part> parts;
    std::vector<std::byte> linked;
};

// Guarded by the runtime's lock.
std::unordered_map<const void*, std::unique_ptr<Link>>& links() {
    static auto& all = *new std::unordered_map<const void*, std::unique_ptr<Link>>;
    return all;
}

Link& link_at(void* handle) {
    const auto found = links().find(handle);
    require(found != links().end(), Error::InvalidResourceHandle);
    return *found->second;
}

void add(Link& link, Input input, std::span<const std::byte> bytes, const char* name) {
    require(input == Input::Cubin || input == Input::Ptx || input == Input::Fatbinary, Error::NotSupported);
    link.parts.push_back({input, {bytes.begin(), bytes.end()}, name == nullptr ? "link input" : name});
}

std::vector<std::byte> prepared(const Link::Part& part, unsigned architecture, bool whole) {
    const std::string relocatable[] = {"-c"};
    const std::span<const std::string> options = whole ? std::span<const std::string>{} : relocatable;
    const auto compile = [&](std::span<const std::byte> ptx) {
        std::string_view text{reinterpret_cast<const char*>(ptx.data()), ptx.size()};
        while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
        return cubin::compile_ptx(text, architecture, part.name, options);
    };
    if (part.input == Input::Cubin) return part.bytes;
    if (part.input == Input::Ptx) return compile(part.bytes);
    const auto entries = cubin::read_fatbin(part.bytes, part.name);
    const cubin::FatbinEntry* entry = cubin::choose_image(entries, architecture);
    require(entry != nullptr, Error::NoKernelImageForDevice);
    std::vector<std::byte> image = entry->decompress();
    return entry->kind == cubin::ImageKind::Elf ? image : compile(image);
}

void complete(Link& link, unsigned architecture) {
    require(!link.parts.empty());
    try {
        if (link.parts.size() == 1) {
            link.linked = prepared(link.parts.front(), architecture, true);
            return;
        }
        std::vector<std::vector<std::byte>> cubins;
        for (const Link::Part& part : link.parts) cubins.push_back(prepared(part, architecture, false));
        link.linked = cubin::link_cubins(cubins, architecture, false, link.parts.front().name);
    } catch (const UserError& error) {
        say(error);
        throw Failure{Error::InvalidPtx};
    }
}

} // namespace

HEDDLE_CUDA_API Error cuLinkCreate_v2(unsigned count, int* options, void** values, void** link) {
    return driver_call("cuLinkCreate", [&](Context&) {
        clear_logs(count, options, values);
        auto made = std::make_unique<Link>();
        at(link) = made.get();
        links().emplace(*link, std::move(made));
    });
}

HEDDLE_CUDA_API Error cuLinkAddData_v2(void* link, Input input, void* data, std::size_t bytes, const char* name, unsigned, int*, void**) {
    return driver_call("cuLinkAddData", [&](Context&) {
        require(data != nullptr && bytes != 0);
        add(link_at(link), input, {static_cast<const std::byte*>(data), bytes}, name);
    });
}

HEDDLE_CUDA_API Error cuLinkAddFile_v2(void* link, Input input, const char* path, unsigned, int*, void**) {
    return driver_call("cuLinkAddFile", [&](Context&) { add(link_at(link), input, read_image_file(&at(path)), path); });
}

HEDDLE_CUDA_API Error cuLinkComplete(void* link, void** cubin, std::size_t* bytes) {
    return driver_call("cuLinkComplete", [&](Context& c) {
        Link& target = link_at(link);
        complete(target, c.device.properties().architecture);
        at(cubin) = target.linked.data();
        if (bytes != nullptr) *bytes = target.linked.size();
    });
}

HEDDLE_CUDA_API Error cuLinkDestroy(void* link) {
    return driver_call("cuLinkDestroy", [&](Context&) {
        link_at(link);
        links().erase(link);
    });
}

} // namespace heddle::cuda
