"""What every run record (run.json) must hold, whatever was simulated."""
import math

HEX = set("0123456789abcdef")
KERNEL = ("name", "grid", "block", "cycles", "time_ns", "warp_instructions", "thread_instructions", "stalls", "l1", "l2", "dram")
HOST = ("wall", "cpu", "memory", "sm_cycles") # each a part of one key of `host`


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def problems(record):
    """Yields one sentence for each way `record` (parsed JSON) breaks the promise; nothing if it keeps it."""
    if not isinstance(record, dict):
        yield "the record is no JSON object"
        return
    for path in ("run_hash", "config.hash", "trace.digest"):
        value = record
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if not (isinstance(value, str) and len(value) >= 8 and set(value) <= HEX):
            yield f"{path} is no hexadecimal hash: {value!r}"
    for key in ("total", "host", "unmodelled", "sources"):
        if not isinstance(record.get(key), dict):
            yield f"{key} is no object: {record.get(key)!r}"
    kernels = record.get("kernels")
    if not isinstance(kernels, list) or not kernels:
        yield "kernels is no list of at least one"
        return
    for number, kernel in enumerate(kernels):
        for problem in kernel_problems(kernel):
            yield f"kernels[{number}]: {problem}"
    host = record.get("host")
    if isinstance(host, dict):
        for part in HOST:
            if not any(part in key and is_number(value) and value >= 0 for key, value in host.items()):
                yield f"host has no number whose key contains '{part}'"
    yield from not_finite(record, "")


def kernel_problems(kernel):
    if not isinstance(kernel, dict):
        yield "is no object"
        return
    missing = [key for key in KERNEL if key not in kernel]
    if missing:
        yield f"lacks {', '.join(missing)}"
        return
    for key in ("cycles", "time_ns"):
        if not is_number(kernel[key]) or kernel[key] <= 0:
            yield f"{key} is not above 0: {kernel[key]!r}"
    warps, threads = kernel["warp_instructions"], kernel["thread_instructions"]
    if not is_number(warps) or not is_number(threads) or not 0 <= threads <= 32 * warps:
        yield f"{threads!r} thread instructions do not fit {warps!r} warp instructions"
    stalls = kernel["stalls"]
    if not isinstance(stalls, dict) or "issued" not in stalls or not all(is_number(v) and 0 <= v <= 1 for v in stalls.values()):
        yield f"stalls are no fractions with `issued` among them: {stalls!r}"
    elif abs(sum(stalls.values()) - 1) > 1e-6:
        yield f"stalls sum to {sum(stalls.values())!r}, not 1"
    for key in ("l1", "l2", "dram"):
        if not isinstance(kernel[key], dict):
            yield f"{key} is no object"


def not_finite(value, path):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from not_finite(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from not_finite(member, f"{path}[{number}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{path} is {value}"
