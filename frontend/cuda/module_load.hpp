// Loading images while the program runs.
#pragma once

#include "frontend/cuda/context.hpp"

#include <span>

namespace heddle::cuda {

// Loads a cubin, fat binary or PTX of unknown size. Throws Failure.
Image* load_image(Context& context, const void* data, std::string label);
Image* load_image_file(Context& context, const std::string& path);
// The bytes of a file and a zero byte. Throws Failure(FileNotFound).
std::vector<std::byte> read_image_file(const std::string& path);

// Sets the sizes of the compiler's logs to nothing among JIT options (CU_JIT_INFO_LOG_BUFFER and the like).
void clear_logs(unsigned count, const int* options, void** values);

} // namespace heddle::cuda
