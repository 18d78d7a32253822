// Decompression of fat-binary images: LZ4 blocks and zstd frames.
//
// What hardware this is: none. What is modelled: the LZ4 block format (no frame header), zstd by libzstd.
// What is not: dictionaries. Nothing is written beyond the size the container promises. Sources: LZ4 block format description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace heddle::cubin {

// Exactly `size` bytes. Errors: UserError naming `file` and `place` if the data are damaged or of another size.
std::vector<std::byte> decompress_lz4(std::span<const std::byte> data, std::uint64_t size, const std::string& file,
                                      const std::string& place);
std::vector<std::byte> decompress_zstd(std::span<const std::byte> data, std::uint64_t size, const std::string& file,
                                       const std::string& place);

} // namespace heddle::cubin
