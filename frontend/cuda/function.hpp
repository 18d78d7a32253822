// What can be asked of and set for a kernel, for the runtime and the driver API.
#pragma once

#include "frontend/cuda/context.hpp"

namespace heddle::cuda {

// Requires: the kernel is loaded.
abi::FunctionAttributes attributes_of(const Context& context, const Kernel& kernel);
// Throws Failure(InvalidValue).
void set_attribute(Context& context, Kernel& kernel, abi::FunctionAttribute attribute, int value);

// Bytes of dynamic shared memory each of `ctas` CTAs on one SM could have.
Bytes available_shared(const Context& context, const Kernel& kernel, unsigned ctas, unsigned threads);
// Clusters of this extent that fit on the GPU at a time; 0: none. SMs are counted in groups that a cluster may not leave.
int active_clusters(const Context& context, const Kernel& kernel, const Dim3& cluster, const Dim3& block, Bytes dynamic_shared);
// The largest cluster that can be launched, in CTAs.
int potential_cluster(const Context& context, const Kernel& kernel, const Dim3& block, Bytes dynamic_shared);

} // namespace heddle::cuda
