// Virtual memory management through the driver API.
#include "frontend/cuda/driver.hpp"

namespace heddle::cuda {

namespace {

constexpr int kFileDescriptor = 1; // CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR
Address address(const void* pointer) { return reinterpret_cast<Address>(pointer); }

} // namespace

HEDDLE_CUDA_API Error cuMemGetAllocationGranularity(std::size_t* granularity, const abi::AllocationProperties* properties, int option) {
    return driver_call("cuMemGetAllocationGranularity", [&](Context&) {
        require(properties != nullptr && properties->location.id == 0 && (option == 0 || option == 1)); // minimum, recommended
        at(granularity) = VirtualMemory::kGranularity;
    });
}

HEDDLE_CUDA_API Error cuMemAddressReserve(void** pointer, std::size_t bytes, std::size_t alignment, void* wish, unsigned long long flags) {
    return driver_call("cuMemAddressReserve", [&](Context& c) {
        require(flags == 0);
        at(pointer) = reinterpret_cast<void*>(c.virtual_memory.reserve(bytes, alignment, address(wish)));
    });
}

HEDDLE_CUDA_API Error cuMemAddressFree(void* pointer, std::size_t bytes) {
    return driver_call("cuMemAddressFree", [&](Context& c) {
        c.synchronize();
        c.virtual_memory.free_range(address(pointer), bytes);
    });
}

HEDDLE_CUDA_API Error cuMemCreate(std::uint64_t* handle, std::size_t bytes, const abi::AllocationProperties* properties,
                                  unsigned long long flags) {
    return driver_call("cuMemCreate", [&](Context& c) {
        require(flags == 0);
        at(handle) = c.virtual_memory.create(bytes, at(properties));
    });
}

HEDDLE_CUDA_API Error cuMemRelease(std::uint64_t handle) {
    return driver_call("cuMemRelease", [&](Context& c) { c.virtual_memory.release(handle); });
}

HEDDLE_CUDA_API Error cuMemMap(void* pointer, std::size_t bytes, std::size_t offset, std::uint64_t handle, unsigned long long flags) {
    return driver_call("cuMemMap", [&](Context& c) {
        require(flags == 0);
        c.virtual_memory.map(address(pointer), bytes, offset, handle);
    });
}

HEDDLE_CUDA_API Error cuMemUnmap(void* pointer, std::size_t bytes) {
    return driver_call("cuMemUnmap", [&](Context& c) {
        c.synchronize();
        c.virtual_memory.unmap(address(pointer), bytes);
    });
}

HEDDLE_CUDA_API Error cuMemSetAccess(void* pointer, std::size_t bytes, const abi::MemoryAccess* access, std::size_t count) {
    return driver_call("cuMemSetAccess", [&](Context& c) {
        require(count != 0 && access != nullptr);
        c.synchronize();
        for (std::size_t i = 0; i < count; ++i) {
            if (access[i].location.type != 1) continue; // the host's rights do not matter here
            require(access[i].location.id == 0 && (access[i].flags == 0 || access[i].flags == 1 || access[i].flags == 3));
            c.virtual_memory.set_access(address(pointer), bytes, static_cast<VirtualMemory::Access>(access[i].flags));
        }
    });
}

HEDDLE_CUDA_API Error cuMemGetAccess(unsigned long long* flags, const abi::MemoryLocation* location, void* pointer) {
    return driver_call("cuMemGetAccess", [&](Context& c) {
        require(location != nullptr && location->type == 1 && location->id == 0);
        at(flags) = static_cast<unsigned long long>(c.virtual_memory.access(address(pointer)));
    });
}

HEDDLE_CUDA_API Error cuMemRetainAllocationHandle(std::uint64_t* handle, void* pointer) {
    return driver_call("cuMemRetainAllocationHandle", [&](Context& c) { at(handle) = c.virtual_memory.retain(address(pointer)); });
}

HEDDLE_CUDA_API Error cuMemGetAllocationPropertiesFromHandle(abi::AllocationProperties* properties, std::uint64_t handle) {
    return driver_call("cuMemGetAllocationPropertiesFromHandle", [&](Context& c) { at(properties) = c.virtual_memory.properties(handle); });
}

HEDDLE_CUDA_API Error cuMemExportToShareableHandle(void* shareable, std::uint64_t handle, int type, unsigned long long flags) {
    return driver_call("cuMemExportToShareableHandle", [&](Context& c) {
        require(shareable != nullptr && flags == 0);
        require(type == kFileDescriptor, Error::NotSupported);
        *static_cast<int*>(shareable) = c.virtual_memory.export_file(handle);
    });
}

HEDDLE_CUDA_API Error cuMemImportFromShareableHandle(std::uint64_t* handle, void* shareable, int type) {
    return driver_call("cuMemImportFromShareableHandle", [&](Context& c) {
        require(type == kFileDescriptor, Error::NotSupported);
        at(handle) = c.virtual_memory.import_file(static_cast<int>(reinterpret_cast<std::intptr_t>(shareable)));
    });
}

} // namespace heddle::cuda
