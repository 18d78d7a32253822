// Flash-style attention of a prefill, half precision on tensor cores: the kernel of validation/workloads, for recipes.
#include "dl/flash_attention.cuh"

template __global__ void dl::flash<true>(int, int, int, float, const __half*, const __half*, const __half*, __half*, float*);
