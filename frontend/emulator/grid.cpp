#include "frontend/emulator/grid.hpp"

#include "frontend/emulator/device.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <sys/mman.h>

namespace heddle::emulator {

namespace {

// Turns: warp instructions a CTA executes before others, if there are any, have theirs.
constexpr std::uint64_t kTurn = 1'000'000;
constexpr std::uint64_t kCooperativeTurn = 20'000;
constexpr std::size_t kMostConstantRows = 1 << 19;
constexpr std::uint64_t kTimeCheck = 1'000'000;
constexpr Bytes kStackAlignment = 16;

double now_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::uint32_t constant_word(std::span<const std::byte> bank, std::uint64_t offset) {
    std::uint32_t value = 0;
    if (offset < bank.size()) std::memcpy(&value, bank.data() + offset, std::min<std::size_t>(4, bank.size() - offset));
    return value; // beyond the bank: zero, as hardware gives
}

Dim3 index_of(std::uint64_t linear, const Dim3& grid) {
    return {static_cast<std::uint32_t>(linear % grid.x), static_cast<std::uint32_t>(linear / grid.x % grid.y),
            static_cast<std::uint32_t>(linear / (std::uint64_t{grid.x} * grid.y))};
}

} // namespace

bool Grid::Resident::finished() const {
    return std::all_of(ctas.begin(), ctas.end(), [](const auto& cta) { return cta->finished(); });
}

Grid::Grid(Device& device, const LaunchRequest& request) : device_(device), request_(request) {
    check();
    registers_ = module().registers_of(function());
    local_bytes_ = function().local_bytes;
    // The depth of recursion and of indirect calls is not known before; a program may set the limit.
    local_bytes_ = std::max(local_bytes_, device.stack_limit);
    local_bytes_ = (local_bytes_ + kStackAlignment - 1) / kStackAlignment * kStackAlignment;
    counts_.resize(module().code_words());
    if (request_.cooperative) {
        workspace_ = device_.memory().allocate(64, AllocationKind::Global, "grid barrier");
        if (workspace_ == 0) fail_at(function().name, 0, 0, "no device memory is left for the grid barrier");
        const std::uint32_t size = 8;
        std::memcpy(device_.memory().bytes(workspace_, 4), &size, 4);
    }
    lay_out_bank0();
    void* rows = mmap(nullptr, kMostConstantRows * sizeof(Row), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (rows == MAP_FAILED) throw std::bad_alloc();
    rows_ = static_cast<Row*>(rows);
    extend_constants();
    if (device_.timeout_seconds > 0) deadline_ = now_seconds() + device_.timeout_seconds;
}

Grid::~Grid() {
    if (rows_) munmap(rows_, kMostConstantRows * sizeof(Row));
    if (workspace_ != 0) device_.memory().release(workspace_);
    if (parameter_copy_ != 0) device_.memory().release(parameter_copy_);
}

void Grid::check() const {
    const Function& f = function();
    const DeviceProperties& p = device_.properties();
    const Dim3& block = request_.block;
    std::vector<Diagnostic> findings;
    const auto refuse = [&](std::string what, std::string hint = {}) { findings.push_back({f.name, 0, 0, std::move(what), std::move(hint)}); };
    const auto volume = block.volume();
    if (volume == 0 || request_.grid.volume() == 0) refuse("launched with an empty grid or block");
    if (volume > f.max_threads || block.x > 1024 || block.y > 1024 || block.z > 64)
        refuse(fmt::format("launched with {}x{}x{} threads per block", block.x, block.y, block.z), fmt::format("at most {}", f.max_threads));
    if (request_.grid.y > 65535 || request_.grid.z > 65535 || request_.grid.x > 0x7fffffffU) refuse("launched with a grid that is too large", "x below 2^31, y and z below 65536");
    const Bytes shared = f.static_shared + request_.dynamic_shared;
    if (shared > p.shared_per_cta_optin)
        refuse(fmt::format("launched with {} bytes of shared memory per block", shared), fmt::format("at most {}", p.shared_per_cta_optin));
    if (request_.parameters.size() < f.parameter_bytes)
        refuse(fmt::format("launched with {} bytes of parameters", request_.parameters.size()), fmt::format("the kernel takes {}", f.parameter_bytes));
    const std::uint64_t cluster = request_.cluster.volume();
    if (cluster > 16 || cluster == 0 || request_.grid.x % request_.cluster.x || request_.grid.y % request_.cluster.y || request_.grid.z % request_.cluster.z)
        refuse("launched with a cluster that does not divide the grid or has more than 16 blocks");
    if (!findings.empty()) throw UserError(std::move(findings));
}

// Constant bank 0: what the driver tells a kernel. Offsets were found by what code of nvcc reads.
void Grid::lay_out_bank0() {
    const Function& f = function();
    bank0_.assign(std::max<Bytes>(f.constant_bytes, f.parameter_base + request_.parameters.size()), std::byte{0});
    const auto put = [&](std::size_t offset, auto value) {
        if (offset + sizeof value <= bank0_.size()) std::memcpy(bank0_.data() + offset, &value, sizeof value);
    };
    put(0x0, request_.block);
    put(0xc, request_.grid);
    put(0x18, DeviceMemory::kSharedWindow);                // generic address of shared memory
    put(0x20, DeviceMemory::kLocalWindow);                 // and of local memory
    put(0x28, static_cast<std::uint32_t>(local_bytes_));   // first stack pointer
    put(0x2c, static_cast<std::uint32_t>(request_.dynamic_shared)); // %dynamic_smem_size
    put(0x10c, device_.properties().sms);                  // %nsmid
    put(0x114, static_cast<std::uint32_t>(f.reserved_shared)); // taken off SR_SMEMSZ for %total_smem_size
    const bool hopper = module().architecture() >= 90;
    const std::size_t environment = hopper ? 0x44 : 0x8c;  // %envreg1, %envreg2: the grid barrier
    put(environment, static_cast<std::uint32_t>(workspace_ >> 32));
    put(environment + 4, static_cast<std::uint32_t>(workspace_));
    // Generic address of bank 3, __constant__ variables: what cvta.const adds.
    put(hopper ? 0xd0 : 0x50, reinterpret_cast<Address>(module().constant_bank(3).data()));
    if (hopper) {
        // Clusters: whether the launch asked for them, their shape, its reciprocals (kernels divide by multiplying and
        // truncating, so those that are not exact must be rounded up), how many there are, CTAs of each.
        const Dim3& c = request_.cluster;
        const auto reciprocal = [](std::uint32_t d) { return std::has_single_bit(d) ? 1.0f / static_cast<float>(d) : std::nextafter(1.0f / static_cast<float>(d), 1.0f); };
        put(0x140, std::uint32_t{c.volume() > 1 || f.cluster.x != 0});
        put(0x144, c);
        put(0x150, std::array{reciprocal(c.x), reciprocal(c.y), reciprocal(c.z)});
        put(0x15c, Dim3{request_.grid.x / c.x, request_.grid.y / c.y, request_.grid.z / c.z});
        put(0x188, static_cast<std::uint32_t>(c.volume()));
    }
    if (hopper && f.parameter_bytes != 0) {
        // Kernels reach parameters by address, too: tensor maps that are __grid_constant__ parameters.
        const Bytes shift = f.parameter_base % 128; // as in the bank, for parameters with alignment
        parameter_copy_ = device_.memory().allocate(f.parameter_bytes + shift, AllocationKind::Global, "kernel parameters");
        if (parameter_copy_ == 0) fail_at(f.name, 0, 0, "no device memory is left for the kernel's parameters");
        std::memcpy(device_.memory().bytes(parameter_copy_ + shift, f.parameter_bytes), request_.parameters.data(), f.parameter_bytes);
        put(0x198, parameter_copy_ + shift);
    }
    std::copy_n(request_.parameters.data(), std::min<std::size_t>(request_.parameters.size(), bank0_.size() - f.parameter_base), bank0_.data() + f.parameter_base);
}

std::span<const std::byte> Grid::constant_bank(unsigned bank) const {
    if (bank == 0) return bank0_;
    const auto& own = function().banks;
    if (const auto it = own.find(bank); it != own.end()) return it->second;
    return request_.function->module->constant_bank(bank);
}

void Grid::extend_constants() {
    const auto& wanted = module().constant_rows();
    if (wanted.size() > kMostConstantRows) fail_at(module().label(), 0, 0, "the code uses too many constants", fmt::format("at most {}", kMostConstantRows));
    for (; rows_filled_ < wanted.size(); ++rows_filled_) {
        const Module::ConstantRow& c = wanted[rows_filled_];
        fill(rows_[rows_filled_], c.immediate ? static_cast<std::uint32_t>(c.value) : constant_word(constant_bank(c.bank), c.value));
    }
}

void Grid::uncount(Warp& warp, std::uint32_t number) {
    --warp.executed;
    --counts_[number].warps;
    counts_[number].threads -= static_cast<std::uint64_t>(std::popcount(warp.exec));
    if (warp.recorder) warp.recorder->forget_last();
}

void Grid::widen(std::uint32_t registers) {
    if (registers <= registers_) return;
    registers_ = registers;
    for (auto& resident : residents_)
        for (auto& cta : resident->ctas)
            for (auto& w : cta->warps)
                if (w->registers() < registers) w->set_register_count(registers);
}

std::unique_ptr<Grid::Resident> Grid::make_resident() {
    auto resident = std::make_unique<Resident>();
    const Dim3 shape = request_.cluster;
    const Dim3 clusters{request_.grid.x / shape.x, request_.grid.y / shape.y, request_.grid.z / shape.z};
    const Dim3 at = index_of(next_++, clusters);
    const auto size = static_cast<std::uint32_t>(shape.volume());
    if (size > 1) {
        resident->cluster = std::make_unique<Cluster>();
        resident->cluster->shape = shape;
    }
    for (std::uint32_t rank = 0; rank < size; ++rank) {
        const Dim3 in = index_of(rank, shape);
        const Dim3 index{at.x * shape.x + in.x, at.y * shape.y + in.y, at.z * shape.z + in.z};
        const std::uint64_t linear = index.x + std::uint64_t{request_.grid.x} * (index.y + std::uint64_t{request_.grid.y} * index.z);
        auto cta = std::make_unique<Cta>(*this, index, linear);
        cta->rank = rank;
        cta->cluster = resident->cluster.get();
        if (resident->cluster) resident->cluster->ctas.push_back(cta.get());
        if (recording_) {
            Recorded recorded;
            recorded.index = index;
            for (auto& w : cta->warps) {
                recorded.warps.push_back(std::make_unique<WarpRecorder>());
                w->recorder = recorded.warps.back().get();
            }
            resident->recorded.push_back(std::move(recorded));
        }
        resident->ctas.push_back(std::move(cta));
    }
    return resident;
}

bool Grid::run_resident(Resident& resident, std::uint64_t turn) {
    // CTAs of a cluster wait for each other often.
    if (resident.ctas.size() == 1 && !(deadline_ > 0 && device_.timeout_seconds < 1)) return resident.ctas[0]->run(turn);
    bool any = false;
    for (std::uint64_t done = 0; done < turn; done += kCooperativeTurn) {
        bool progressed = false;
        for (auto& cta : resident.ctas) progressed |= !cta->finished() && cta->run(kCooperativeTurn);
        any |= progressed;
        if (!progressed || resident.finished()) break;
        check_time();
    }
    return any;
}

void Grid::check_time() {
    if (deadline_ > 0 && now_seconds() > deadline_)
        throw DeviceFault(FaultKind::Timeout, fmt::format("the kernel {} did not end within {} s", function().name, device_.timeout_seconds));
}

// One round over the resident CTAs. Starts another one if none of them ended: they may be waiting for it.
bool Grid::step(std::size_t most_resident) {
    const std::uint64_t total = request_.grid.volume() / request_.cluster.volume();
    const auto start = [&] { residents_.push_back(make_resident()); };
    if (residents_.empty()) {
        if (next_ >= total) return false;
        if (request_.cooperative)
            while (next_ < total) start();
        else start();
    }
    const std::uint64_t turn = request_.cooperative ? kCooperativeTurn : kTurn;
    bool progressed = false, ended = false;
    for (auto& resident : residents_) {
        progressed |= run_resident(*resident, turn);
        ended |= resident->finished();
        check_time();
    }
    if (ended) {
        for (auto it = residents_.begin(); it != residents_.end();) {
            if (!(*it)->finished()) {
                ++it;
                continue;
            }
            for (std::size_t i = 0; i < (*it)->recorded.size(); ++i) done_[(*it)->ctas[i]->linear()] = std::move((*it)->recorded[i]);
            it = residents_.erase(it);
        }
    } else if (next_ < total && residents_.size() < most_resident) {
        start();
    } else if (!progressed) {
        throw DeviceFault(FaultKind::Timeout, fmt::format("kernel {}: all threads wait for each other: {}", function().name, residents_.front()->ctas.front()->wait_report()));
    }
    return true;
}

void Grid::run() {
    while (step(device_.most_resident())) {}
    count_opcodes();
}

std::optional<Grid::Recorded> Grid::next_recorded() {
    recording_ = true;
    const std::uint64_t total = request_.grid.volume();
    if (handed_out_ == total) return std::nullopt;
    // In order of the linear index, except that CTAs of a cluster, which were started together, may come in between.
    while (done_.empty() || ((request_.cooperative || residents_.size() > 1) && done_.size() + handed_out_ < total && !residents_.empty()))
        if (!step(device_.most_resident())) break;
    HEDDLE_EXPECT(!done_.empty(), "{} of {} CTAs handed out and none is left", handed_out_, total);
    Recorded recorded = std::move(done_.begin()->second);
    done_.erase(done_.begin());
    if (++handed_out_ == total) count_opcodes();
    return recorded;
}

void Grid::count_opcodes() {
    auto& by_opcode = device_.opcode_counts();
    for (std::size_t n = 0; n < counts_.size(); ++n) {
        if (counts_[n].warps == 0) continue;
        device_.warp_instructions += counts_[n].warps;
        device_.thread_instructions += counts_[n].threads;
        const sass::Instruction* i = module().instruction(static_cast<std::uint32_t>(n));
        InstructionCount& sum = by_opcode[i ? sass::opcode_text(*i) : std::string("system call")];
        sum.warps += counts_[n].warps;
        sum.threads += counts_[n].threads;
    }
}

std::uint64_t Grid::warp_instructions() const {
    std::uint64_t sum = 0;
    for (const InstructionCount& c : counts_) sum += c.warps;
    return sum;
}

std::uint64_t Grid::thread_instructions() const {
    std::uint64_t sum = 0;
    for (const InstructionCount& c : counts_) sum += c.threads;
    return sum;
}

} // namespace heddle::emulator
