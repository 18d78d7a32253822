#include "frontend/cuda/module_load.hpp"

#include "frontend/cuda/api.hpp"

#include <fstream>
#include <iterator>

namespace heddle::cuda {

Image* load_image(Context& context, const void* data, std::string label) {
    Image* image = context.images.add(data, true, std::move(label));
    try {
        image->load(context.device);
    } catch (...) {
        context.images.remove(image);
        throw;
    }
    return image;
}

std::vector<std::byte> read_image_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    require(static_cast<bool>(file), Error::FileNotFound);
    const std::vector<char> characters{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::byte> bytes(std::max<std::size_t>(characters.size() + 1, 64)); // at least an ELF header
    std::transform(characters.begin(), characters.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

Image* load_image_file(Context& context, const std::string& path) { return load_image(context, read_image_file(path).data(), path); }

void clear_logs(unsigned count, const int* options, void** values) {
    enum Option : int { kInfoLog = 3, kInfoBytes = 4, kErrorLog = 5, kErrorBytes = 6 };
    if (options == nullptr || values == nullptr) return;
    bool info = false, error = false;
    for (unsigned i = 0; i < count; ++i) {
        info |= options[i] == kInfoBytes && values[i] != nullptr;
        error |= options[i] == kErrorBytes && values[i] != nullptr;
    }
    for (unsigned i = 0; i < count; ++i) {
        if ((options[i] == kInfoLog && info) || (options[i] == kErrorLog && error)) {
            if (values[i] != nullptr) *static_cast<char*>(values[i]) = 0;
        } else if (options[i] == kInfoBytes || options[i] == kErrorBytes) {
            values[i] = nullptr; // bytes written
        }
    }
}

} // namespace heddle::cuda
