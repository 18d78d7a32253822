// Which CUDA the stand-in is.
#pragma once

namespace heddle::cuda {

inline constexpr int kCudaVersion = 13000; // 13.0: 1000 * major + 10 * minor

} // namespace heddle::cuda
