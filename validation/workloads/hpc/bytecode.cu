// An interpreter of a small stack machine: every thread runs a program of its own through a switch of 16 cases.
// Stresses: jump tables (BRX), divergent control flow, arrays in local memory with dynamic index.
#include "common/workload.hpp"

constexpr int kBlock = 64, kStack = 16;

enum Opcode : unsigned char {
    Push,
    Duplicate,
    Swap,
    Drop,
    Add,
    Subtract,
    Multiply,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    Negate,
    JumpIfOdd,
    Over,
    Halt
};

// Runs at most `limit` instructions; an instruction is one byte, Push and JumpIfOdd have an operand byte.
__host__ __device__ inline unsigned interpret(const unsigned char* program, int length, int limit) {
    unsigned stack[kStack] = {};
    int top = 0, at = 0;
    const auto push = [&](unsigned value) { stack[top++ % kStack] = value; };
    const auto pop = [&] { return stack[--top % kStack]; };
    for (int step = 0; step < limit && at < length; ++step) {
        // The stack never runs empty or over: it is kept between 2 and kStack - 1 values.
        while (top < 2) push(at + 1);
        if (top >= kStack - 1) --top;
        const unsigned char opcode = program[at++];
        unsigned a, b;
        switch (opcode) {
        case Push: push(program[at++ % length]); break;
        case Duplicate:
            a = pop();
            push(a);
            push(a);
            break;
        case Swap:
            b = pop();
            a = pop();
            push(b);
            push(a);
            break;
        case Drop: pop(); break;
        case Add:
            b = pop();
            push(pop() + b);
            break;
        case Subtract:
            b = pop();
            push(pop() - b);
            break;
        case Multiply:
            b = pop();
            push(pop() * b);
            break;
        case And:
            b = pop();
            push(pop() & b);
            break;
        case Or:
            b = pop();
            push(pop() | b);
            break;
        case Xor:
            b = pop();
            push(pop() ^ b);
            break;
        case ShiftLeft:
            b = pop();
            push(pop() << b % 32);
            break;
        case ShiftRight:
            b = pop();
            push(pop() >> b % 32);
            break;
        case Negate: push(0u - pop()); break;
        case JumpIfOdd:
            a = pop();
            b = program[at++ % length];
            if (a & 1) at = b % length;
            break;
        case Over:
            b = pop();
            a = pop();
            push(a);
            push(b);
            push(a);
            break;
        default: at = length; break;
        }
    }
    unsigned hash = 0;
    for (int i = 0; i < top; ++i) hash = hash * 33 + stack[i];
    return hash;
}

__global__ void interpret_all(int n, int length, int limit, const unsigned char* programs, unsigned* results) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) results[i] = interpret(programs + i * length, length, limit);
}

int main(int argc, char** argv) {
    workload::Run run("bytecode", argc, argv);
    const int n = run.pick(64, 512, 20'000, 100'000), length = 64, limit = run.pick(100, 200, 500, 500);
    std::vector<unsigned char> programs(n * length);
    for (auto& byte : programs) {
        const unsigned drawn = run.random().below(64);
        // Halt is rare, so that programs run for a while.
        byte = static_cast<unsigned char>(drawn == 0 ? Halt : drawn % Halt);
    }
    std::vector<unsigned> expected(n);
    for (int i = 0; i < n; ++i) expected[i] = interpret(&programs[i * length], length, limit);
    workload::DeviceArray<unsigned char> dprograms(programs);
    workload::DeviceArray<unsigned> results(n);
    run.launch("bytecode", [&] { interpret_all<<<workload::ceil_div(n, kBlock), kBlock>>>(n, length, limit, dprograms, results); });
    run.check_equal("results", results.to_host(), expected);
    return run.finish();
}
