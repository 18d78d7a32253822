// A ray tracer of spheres over a floor: reflections by a loop, shadows, Lambert and specular shading, spheres in constant memory.
// Stresses: mixed FFMA and MUFU (RSQ, SQRT, EX2/LG2 of a power), data-dependent loops and branches, structures in constant memory.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kSpheres = 12, kBounces = 3;

struct Vector {
    float x, y, z;
};
__host__ __device__ inline Vector operator+(Vector a, Vector b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
__host__ __device__ inline Vector operator-(Vector a, Vector b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
__host__ __device__ inline Vector operator*(float s, Vector a) { return {s * a.x, s * a.y, s * a.z}; }
__host__ __device__ inline float dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
__host__ __device__ inline Vector unit(Vector a) { return 1.0f / sqrtf(dot(a, a)) * a; }

struct Sphere {
    Vector centre;
    float radius, mirror;
    Vector colour;
};
struct Scene {
    Sphere spheres[kSpheres];
    Vector light;
};
__constant__ Scene device_scene;

// Distance to the nearest sphere or the floor y = -1 along the ray; `hit` is the sphere, kSpheres for the floor, -1 for the sky.
__host__ __device__ inline float trace(const Scene& scene, Vector from, Vector along, int& hit) {
    float nearest = 1e20f;
    hit = -1;
    for (int s = 0; s < kSpheres; ++s) {
        const Vector to = scene.spheres[s].centre - from;
        const float middle = dot(to, along), clearance = dot(to, to) - middle * middle,
                    squared = scene.spheres[s].radius * scene.spheres[s].radius;
        if (clearance > squared) continue;
        const float half = sqrtf(squared - clearance), distance = middle - half > 1e-3f ? middle - half : middle + half;
        if (distance > 1e-3f && distance < nearest) {
            nearest = distance;
            hit = s;
        }
    }
    if (along.y < -1e-4f) {
        const float distance = (-1.0f - from.y) / along.y;
        if (distance > 1e-3f && distance < nearest) {
            nearest = distance;
            hit = kSpheres;
        }
    }
    return nearest;
}

__host__ __device__ inline Vector shade(const Scene& scene, Vector from, Vector along) {
    Vector colour{0, 0, 0};
    float share = 1;
    for (int bounce = 0; bounce <= kBounces; ++bounce) {
        int hit;
        const float distance = trace(scene, from, along, hit);
        if (hit < 0) return colour + share * (0.5f * (1.0f + along.y)) * Vector{0.4f, 0.6f, 1.0f};
        const Vector at = from + distance * along;
        const bool floor = hit == kSpheres;
        const Vector normal =
            floor ? Vector{0, 1, 0} : 1.0f / scene.spheres[floor ? 0 : hit].radius * (at - scene.spheres[floor ? 0 : hit].centre);
        const Vector surface = floor ? Vector{0.5f, 0.5f, 0.5f} : scene.spheres[hit].colour;
        const float mirror = floor ? 0.2f : scene.spheres[hit].mirror;
        const Vector to_light = unit(scene.light - at);
        int between;
        trace(scene, at, to_light, between);
        const float facing = between < 0 ? fmaxf(dot(normal, to_light), 0.0f) : 0.0f;
        const Vector reflected = along - 2.0f * dot(along, normal) * normal;
        const float gloss = between < 0 ? powf(fmaxf(dot(reflected, to_light), 0.0f), 20.0f) : 0.0f;
        colour = colour + share * (1 - mirror) * (0.1f + 0.9f * facing) * surface + share * gloss * 0.5f * Vector{1, 1, 1};
        share *= mirror;
        if (share < 0.01f) break;
        from = at;
        along = reflected;
    }
    return colour;
}

__host__ __device__ inline Vector pixel(const Scene& scene, int width, int height, int x, int y) {
    const float u = (2.0f * x + 1 - width) / height, v = (height - 2.0f * y - 1) / height;
    return shade(scene, Vector{0, 0.5f, -6}, unit(Vector{u, v, 2}));
}

__global__ void render(int width, int height, Vector* image) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < width && y < height) image[y * width + x] = pixel(device_scene, width, height, x, y);
}

int main(int argc, char** argv) {
    workload::Run run("ray_tracer", argc, argv);
    const int width = run.pick(40, 120, 800, 1920), height = run.pick(24, 80, 600, 1080);
    Scene scene;
    scene.light = {5, 8, -5};
    for (auto& sphere : scene.spheres) {
        const auto draw = [&](float low, float high) { return run.random().uniform(low, high); };
        sphere.centre = {draw(-3, 3), draw(-0.7f, 2), draw(-1, 4)};
        sphere.radius = draw(0.3f, 0.8f);
        sphere.mirror = draw(0, 0.6f);
        sphere.colour = {draw(0, 1), draw(0, 1), draw(0, 1)};
    }
    CUDA_CHECK(cudaMemcpyToSymbol(device_scene, &scene, sizeof(scene)));
    workload::DeviceArray<Vector> image(width * height);
    run.launch("render",
               [&] { render<<<dim3(workload::ceil_div(width, 8), workload::ceil_div(height, 8)), dim3(8, 8)>>>(width, height, image); });

    // Rounding differs between host and device (fused operations), and a ray that grazes an edge may then go another way: nearly all
    // pixels must agree closely, and the mean must.
    const auto actual = image.to_host();
    const int stride = run.pick(1, 1, 16, 64);
    int pixels = 0, strays = 0;
    double difference = 0;
    for (int i = 0; i < width * height; i += stride, ++pixels) {
        const Vector expected = pixel(scene, width, height, i % width, i / width), d = actual[i] - expected;
        const float distance = std::max({std::fabs(d.x), std::fabs(d.y), std::fabs(d.z)});
        if (!(distance < 1e-3f)) ++strays;
        difference += std::isnan(distance) ? 1e9 : distance;
    }
    run.check(strays * 100 <= pixels, std::to_string(strays) + " of " + std::to_string(pixels) + " pixels differ");
    run.check(difference / pixels < 2e-3, "the images differ by " + std::to_string(difference / pixels) + " a pixel");
    return run.finish();
}
