// Textures and surfaces by object: a linear buffer, 1D, 2D, 3D and layered arrays, point and linear sampling, the address modes,
// normalised coordinates and 8-bit components read as reals; surface reads and writes.
// Stresses: TEX, TLD4 aside every common texture instruction, SULD/SUST, texture descriptors.
// Linear sampling uses weights of 8 fractional bits (CUDA Programming Guide, "Texture Fetching"): compared within that precision.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kWidth = 40, kHeight = 24, kDepth = 6;

// A CUDA array with a texture object over it, both freed at the end of the scope.
template <typename T> class Texture {
  public:
    Texture(cudaExtent extent, const std::vector<T>& values, const cudaTextureDesc& description, unsigned flags = 0) {
        const auto format = cudaCreateChannelDesc<T>();
        CUDA_CHECK(cudaMalloc3DArray(&array_, &format, extent, flags));
        const std::size_t rows = std::max<std::size_t>(extent.height, 1), layers = std::max<std::size_t>(extent.depth, 1);
        cudaMemcpy3DParms copy{};
        copy.srcPtr = make_cudaPitchedPtr(const_cast<T*>(values.data()), extent.width * sizeof(T), extent.width, rows);
        copy.dstArray = array_;
        copy.extent = make_cudaExtent(extent.width, rows, layers);
        copy.kind = cudaMemcpyHostToDevice;
        CUDA_CHECK(cudaMemcpy3D(&copy));
        cudaResourceDesc resource{};
        resource.resType = cudaResourceTypeArray;
        resource.res.array.array = array_;
        CUDA_CHECK(cudaCreateTextureObject(&texture_, &resource, &description, nullptr));
    }
    ~Texture() {
        cudaDestroyTextureObject(texture_);
        cudaFreeArray(array_);
    }
    Texture(const Texture&) = delete;
    Texture& operator=(const Texture&) = delete;
    operator cudaTextureObject_t() const { return texture_; }
    cudaArray_t array() const { return array_; }

  private:
    cudaArray_t array_ = nullptr;
    cudaTextureObject_t texture_ = 0;
};

cudaTextureDesc sampling(cudaTextureFilterMode filter, cudaTextureAddressMode address, bool normalised,
                         cudaTextureReadMode read = cudaReadModeElementType) {
    cudaTextureDesc description{};
    for (auto& mode : description.addressMode) mode = address;
    description.filterMode = filter;
    description.readMode = read;
    description.normalizedCoords = normalised;
    return description;
}

__global__ void fetch_linear(int n, cudaTextureObject_t texture, const int* index, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = tex1Dfetch<float>(texture, index[i]);
}
__global__ void sample_1d(int n, cudaTextureObject_t texture, const float4* at, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = tex1D<float>(texture, at[i].x);
}
__global__ void sample_2d(int n, cudaTextureObject_t texture, const float4* at, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = tex2D<float>(texture, at[i].x, at[i].y);
}
__global__ void sample_2d_bytes(int n, cudaTextureObject_t texture, const float4* at, float4* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = tex2D<float4>(texture, at[i].x, at[i].y);
}
__global__ void sample_3d(int n, cudaTextureObject_t texture, const float4* at, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = tex3D<float>(texture, at[i].x, at[i].y, at[i].z);
}
__global__ void sample_layered(int n, cudaTextureObject_t texture, const float4* at, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = tex2DLayered<float>(texture, at[i].x, at[i].y, static_cast<int>(at[i].w));
}
__global__ void scale_surface(cudaSurfaceObject_t in, cudaSurfaceObject_t out) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= kWidth || y >= kHeight) return;
    // Beyond the left and right border: clamped by the surface itself.
    const float west = surf2Dread<float>(in, (x - 1) * 4, y, cudaBoundaryModeClamp),
                east = surf2Dread<float>(in, (x + 1) * 4, y, cudaBoundaryModeClamp);
    surf2Dwrite(2.0f * surf2Dread<float>(in, x * 4, y) + west - east, out, x * 4, y);
}

// The index of a texel after the address mode; -1 for the border colour (zero).
int address(int i, int size, cudaTextureAddressMode mode) {
    if (mode == cudaAddressModeClamp) return std::min(std::max(i, 0), size - 1);
    if (mode == cudaAddressModeBorder) return i < 0 || i >= size ? -1 : i;
    const int period = mode == cudaAddressModeWrap ? size : 2 * size, rest = (i % period + period) % period;
    return rest < size ? rest : period - 1 - rest;
}

struct Axis {
    int index[2];
    double weight; // of index[1]
};
Axis locate(float at, int size, const cudaTextureDesc& d) {
    const double x = d.normalizedCoords ? static_cast<double>(at) * size : at;
    if (d.filterMode == cudaFilterModePoint) {
        const int i = address(static_cast<int>(std::floor(x)), size, d.addressMode[0]);
        return {{i, i}, 0};
    }
    const int i = static_cast<int>(std::floor(x - 0.5));
    return {{address(i, size, d.addressMode[0]), address(i + 1, size, d.addressMode[0])}, x - 0.5 - i};
}

// Samples a stack of `depth` planes of width x height; axes beyond `dimensions` are not sampled, `plane` chooses the plane below three.
double sample(const std::vector<float>& texels, int width, int height, int dimensions, float4 at, int depth, int plane,
              const cudaTextureDesc& d) {
    const Axis none{{0, 0}, 0}, x = locate(at.x, width, d), y = dimensions > 1 ? locate(at.y, height, d) : none;
    const Axis z = dimensions > 2 ? locate(at.z, depth, d) : Axis{{plane, plane}, 0};
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
        const int a = corner & 1, b = corner >> 1 & 1, c = corner >> 2;
        const double weight = (a ? x.weight : 1 - x.weight) * (b ? y.weight : 1 - y.weight) * (c ? z.weight : 1 - z.weight);
        if (weight == 0 || x.index[a] < 0 || y.index[b] < 0 || z.index[c] < 0) continue;
        sum += weight * texels[(z.index[c] * height + y.index[b]) * width + x.index[a]];
    }
    return sum;
}

int main(int argc, char** argv) {
    workload::Run run("textures", argc, argv);
    const int n = run.pick(500, 5'000, 500'000, 2'000'000), block = 128, grid = workload::ceil_div(n, block);
    auto& random = run.random();
    const auto texels = random.uniform_vector<float>(kWidth * kHeight * kDepth, 0, 1);
    workload::DeviceArray<float> out(n);
    workload::DeviceArray<float4> positions(n), out4(n);
    std::vector<float4> at(n);
    const int checked = std::min(n, 20'000);
    const auto first = [checked](auto values) {
        values.resize(checked);
        return values;
    };
    // Positions from well left of the texture to well right of it; none within 2^-9 of a texel's edge, where point sampling may go either
    // way.
    const auto draw = [&](int size, bool normalised) {
        const int low = -size, texel = low + static_cast<int>(random.below(3 * size));
        const float position = texel + random.uniform(0.01f, 0.99f);
        return normalised ? position / size : position;
    };

    workload::DeviceArray<float> buffer(texels);
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeLinear;
    resource.res.linear = {buffer.get(), cudaCreateChannelDesc<float>(), buffer.bytes()};
    const cudaTextureDesc plain = sampling(cudaFilterModePoint, cudaAddressModeClamp, false);
    cudaTextureObject_t linear = 0;
    CUDA_CHECK(cudaCreateTextureObject(&linear, &resource, &plain, nullptr));
    const auto index = random.integer_vector<int>(n, 0, kWidth * kHeight * kDepth - 1);
    workload::DeviceArray<int> dindex(index);
    run.launch("linear memory", [&] { fetch_linear<<<grid, block>>>(n, linear, dindex, out); });
    std::vector<float> fetched(n);
    for (int i = 0; i < n; ++i) fetched[i] = texels[index[i]];
    run.check_equal("linear memory", out.to_host(), fetched);
    CUDA_CHECK(cudaDestroyTextureObject(linear));

    struct Case {
        const char* label;
        cudaTextureFilterMode filter;
        cudaTextureAddressMode address;
        bool normalised;
    };
    for (const Case& c : {Case{"point clamp", cudaFilterModePoint, cudaAddressModeClamp, false},
                          Case{"point border", cudaFilterModePoint, cudaAddressModeBorder, false},
                          Case{"point wrap", cudaFilterModePoint, cudaAddressModeWrap, true},
                          Case{"point mirror", cudaFilterModePoint, cudaAddressModeMirror, true},
                          Case{"linear clamp", cudaFilterModeLinear, cudaAddressModeClamp, false},
                          Case{"linear border", cudaFilterModeLinear, cudaAddressModeBorder, false},
                          Case{"linear wrap", cudaFilterModeLinear, cudaAddressModeWrap, true},
                          Case{"linear mirror", cudaFilterModeLinear, cudaAddressModeMirror, true}}) {
        const cudaTextureDesc d = sampling(c.filter, c.address, c.normalised);
        for (auto& p : at)
            p = make_float4(draw(kWidth, c.normalised), draw(kHeight, c.normalised), draw(kDepth, c.normalised), random.below(kDepth));
        positions.upload(at);
        // Each of up to three axes errs by half a weight step of 1/256 at most, on texels in [0, 1].
        const workload::Tolerance tolerance{c.filter == cudaFilterModePoint ? 0 : 3.5 / 256, 0};
        const auto test = [&](int dimensions, bool layered, int width, int height, const auto& texture, auto kernel) {
            run.launch(c.label, [&] { kernel<<<grid, block>>>(n, texture, positions, out); });
            std::vector<double> expected;
            for (int i = 0; i < checked; ++i) {
                expected.push_back(sample(texels, width, height, dimensions, at[i], kDepth, layered ? static_cast<int>(at[i].w) : 0, d));
            }
            const std::string what = std::string(c.label) + (layered ? " layered" : "") + " " + std::to_string(dimensions) + "D";
            run.check_close(what.c_str(), first(out.to_host()), expected, tolerance);
        };
        // A 1D array is filtered as a row at y = 0 with the address mode of y: a border there would take half of every value.
        cudaTextureDesc row = d;
        row.addressMode[1] = cudaAddressModeClamp;
        const Texture<float> one(make_cudaExtent(kWidth, 0, 0), texels, row), two(make_cudaExtent(kWidth, kHeight, 0), texels, d);
        const Texture<float> three(make_cudaExtent(kWidth, kHeight, kDepth), texels, d),
            layers(make_cudaExtent(kWidth, kHeight, kDepth), texels, d, cudaArrayLayered);
        test(1, false, kWidth, 1, one, sample_1d);
        test(2, false, kWidth, kHeight, two, sample_2d);
        test(3, false, kWidth, kHeight, three, sample_3d);
        test(2, true, kWidth, kHeight, layers, sample_layered);
    }

    // Bytes as reals in [0, 1]: exact quotients by 255 within a float's rounding.
    std::vector<uchar4> bytes(kWidth * kHeight);
    for (auto& b : bytes) {
        const unsigned bits = random.bits32();
        b = make_uchar4(bits & 255, bits >> 8 & 255, bits >> 16 & 255, bits >> 24);
    }
    const Texture<uchar4> image(make_cudaExtent(kWidth, kHeight, 0), bytes,
                                sampling(cudaFilterModePoint, cudaAddressModeClamp, false, cudaReadModeNormalizedFloat));
    for (auto& p : at) p = make_float4(random.below(kWidth) + 0.5f, random.below(kHeight) + 0.5f, 0, 0);
    positions.upload(at);
    run.launch("bytes", [&] { sample_2d_bytes<<<grid, block>>>(n, image, positions, out4); });
    std::vector<float> actual_bytes, expected_bytes;
    const auto sampled = out4.to_host();
    for (int i = 0; i < checked; ++i) {
        const uchar4 b = bytes[static_cast<int>(at[i].y) * kWidth + static_cast<int>(at[i].x)];
        actual_bytes.insert(actual_bytes.end(), {sampled[i].x, sampled[i].y, sampled[i].z, sampled[i].w});
        expected_bytes.insert(expected_bytes.end(), {b.x / 255.0f, b.y / 255.0f, b.z / 255.0f, b.w / 255.0f});
    }
    run.check_close("bytes", actual_bytes, expected_bytes, {1e-6, 0});

    const cudaTextureDesc d = sampling(cudaFilterModePoint, cudaAddressModeClamp, false);
    const Texture<float> source(make_cudaExtent(kWidth, kHeight, 0), texels, d, cudaArraySurfaceLoadStore);
    const Texture<float> target(make_cudaExtent(kWidth, kHeight, 0), texels, d, cudaArraySurfaceLoadStore);
    cudaSurfaceObject_t surfaces[2] = {};
    resource = {};
    resource.resType = cudaResourceTypeArray;
    for (int i = 0; i < 2; ++i) {
        resource.res.array.array = (i == 0 ? source : target).array();
        CUDA_CHECK(cudaCreateSurfaceObject(&surfaces[i], &resource));
    }
    run.launch("surface", [&] {
        scale_surface<<<dim3(workload::ceil_div(kWidth, 32), workload::ceil_div(kHeight, 4)), dim3(32, 4)>>>(surfaces[0], surfaces[1]);
    });
    std::vector<float> written(kWidth * kHeight), expected_written(kWidth * kHeight);
    CUDA_CHECK(cudaMemcpy2DFromArray(written.data(), kWidth * 4, target.array(), 0, 0, kWidth * 4, kHeight, cudaMemcpyDeviceToHost));
    for (int i = 0; i < kWidth * kHeight; ++i) {
        const int x = i % kWidth;
        expected_written[i] = std::fmaf(2.0f, texels[i], texels[x == 0 ? i : i - 1]) - texels[x == kWidth - 1 ? i : i + 1];
    }
    run.check_equal("surface", written, expected_written);
    for (const auto surface : surfaces) CUDA_CHECK(cudaDestroySurfaceObject(surface));
    return run.finish();
}
