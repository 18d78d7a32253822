// Copies and fills: from what the API's many forms say to one description, checked, and carried out.
//
// What is modelled: linear memory, rows at a pitch, three dimensions, CUDA arrays, any mix of host and device memory. Every
// byte of the device side must lie within one allocation. What is not: overlapping sources and destinations behave as
// memmove does, row by row; on hardware they are undefined.
#pragma once

#include "frontend/cuda/operation.hpp"

namespace heddle::cuda {

class Context;
struct Array;

// Plain memory: `first` points to its first byte to be copied.
Side linear(const void* first, std::size_t pitch = 0, std::size_t slice = 0);
// Memory in an array, from column `x_bytes` of row `y` of slice `z`.
Side in_array(const Array& array, std::size_t x_bytes, std::size_t y, std::size_t z);

// A checked copy. Throws Failure: InvalidMemcpyDirection, InvalidValue (outside an allocation, or the kind of memory is not what
// `kind` says), InvalidPitchValue.
CopyOperation make_copy(Context& context, const Side& to, const Side& from, std::size_t width, std::size_t height, std::size_t depth,
                        abi::CopyKind kind);
CopyOperation make_copy(Context& context, const abi::Copy3D& parameters);
// Bytes [offset, offset + bytes) of a registered variable. Throws Failure: InvalidSymbol, InvalidValue.
void* in_symbol(Context& context, const void* symbol, std::size_t offset, std::size_t bytes);
// One-dimensional copy.
CopyOperation make_copy(Context& context, void* to, const void* from, std::size_t bytes, abi::CopyKind kind);

// A checked fill with the low bytes of `value`. Throws Failure.
FillOperation make_fill(Context& context, const Side& to, std::uint32_t value, unsigned element_bytes, std::size_t width,
                        std::size_t height, std::size_t depth);

void carry_out(const CopyOperation& copy);
void carry_out(const FillOperation& fill);

} // namespace heddle::cuda
