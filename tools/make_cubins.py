#!/usr/bin/env python3
"""Compiles the CUDA sources of traces/cubins/ into the cubins and fat binaries beside them, and writes their index.yaml.

`tools/make_cubins.py index` writes the index only.

Needs nvcc (CUDA Toolkit 13.0) on PATH. Cubins of another toolkit version differ in bytes, so their digests do too.
"""
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "traces" / "cubins"
WORKLOADS = Path(__file__).resolve().parents[1] / "validation" / "workloads" # headers that kernels may share

# file: (source, how nvcc is called, what it is). "link" stands for -dc and then -dlink.
CUBINS = {
    "vector_add_sm80.cubin": ("vector_add.cu", ["-cubin", "-arch=sm_80"], "the smallest whole program"),
    "vector_add_sm90a.cubin": ("vector_add.cu", ["-cubin", "-arch=sm_90a"], "the smallest whole program"),
    "features_sm80.cubin": ("features.cu", ["-cubin", "-arch=sm_80"], "variables, function pointers, printf: a whole program"),
    "features_sm90a.cubin": ("features.cu", ["-cubin", "-arch=sm_90a"], "the same"),
    "features_sm80_linked.cubin": ("features.cu", ["link", "-arch=sm_80"], "the same, linked by nvlink"),
    "features_sm90_linked.cubin": ("features.cu", ["link", "-arch=sm_90"], "the same, linked by nvlink"),
    "features_sm90_relocatable.cubin": ("features.cu", ["-rdc=true", "-cubin", "-arch=sm_90"], "the same before nvlink"),
    "cluster_sm90.cubin": ("cluster.cu", ["-cubin", "-arch=sm_90"], "clusters, launch limits, large and aligned parameters"),
    **{f"{stem}_sm{arch}.cubin": (f"{stem}.cu", ["-cubin", f"-arch=sm_{arch}"], what) for stem, what in {
        "sgemm": "matrix product in single precision through shared memory", "reduce": "sum with shuffles, a barrier and atomics",
        "gemm_mma": "matrix product on tensor cores, half precision", "ffma": "fused multiply-adds only", "triad": "a = b + s * c",
        "gather": "loads from random places of a table", "attention": "causal attention of a prefill on tensor cores"}.items() for arch in ("80", "90a")},
    "wgmma_sm90a.cubin": ("wgmma.cu", ["-cubin", "-arch=sm_90a"], "matrix products of warpgroups only"),
    "vector_add_zstd.fatbin": ("vector_add.cu",
                               ["-fatbin", "--compress-mode=size", "-gencode", "arch=compute_80,code=sm_80", "-gencode",
                                "arch=compute_90a,code=sm_90a", "-gencode", "arch=compute_75,code=compute_75", "-gencode",
                                "arch=compute_90,code=compute_90"], "code and PTX for several GPUs, all zstd"),
    "vector_add_lz4.fatbin": ("vector_add.cu", ["-fatbin", "--compress-mode=speed", "-gencode", "arch=compute_90,code=[sm_90,compute_90]"],
                              "code as it is, PTX as LZ4"),
}


def compile_one(name, source, arguments, scratch):
    """Calls nvcc in `scratch`, which holds a copy of the source, so that no path of this machine gets into the file."""
    def nvcc(*command):
        subprocess.run(["nvcc", "-std=c++17", "-I", WORKLOADS, *command], cwd=scratch, check=True, stderr=subprocess.DEVNULL)
    if arguments[0] == "link":
        nvcc("-dc", *arguments[1:], source, "-o", "object.o")
        nvcc("-dlink", *arguments[1:], "object.o", "-cubin", "-o", name)
    else:
        nvcc(*arguments, source, "-o", name)
    shutil.copy(Path(scratch, name), ROOT / name)


def write_index():
    text = ["# The cubins of this folder, of our own kernels. Written by tools/make_cubins.py.", "cubins:"]
    for name, (source, arguments, what) in CUBINS.items():
        command = " ".join(arguments).replace("link", "-dc, then nvcc -dlink -cubin", 1) if arguments[0] == "link" else " ".join(arguments)
        text += [f"  - name: {Path(name).stem}", f"    path: {name}", f"    format: {Path(name).suffix[1:]}", f"    what: {what}",
                 f"    origin: nvcc 13.0 {command} {source}", "    sha256:"]
        for file in (name, source):
            text.append(f"      {file}: {hashlib.sha256((ROOT / file).read_bytes()).hexdigest()}")
    for recipe in sorted(ROOT.glob("*.yaml")):
        if recipe.name != "index.yaml":
            text += [f"  - name: {recipe.stem}", f"    path: {recipe.name}", "    format: recipe", f"    what: {recipe.read_text().splitlines()[0][2:]}",
                     "    origin: written by hand", "    sha256:", f"      {recipe.name}: {hashlib.sha256(recipe.read_bytes()).hexdigest()}"]
    (ROOT / "index.yaml").write_text("\n".join(text) + "\n")


def main():
    for name, (source, arguments, _) in CUBINS.items() if sys.argv[1:] != ["index"] else ():
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copy(ROOT / source, scratch)
            compile_one(name, source, arguments, scratch)
    write_index()


if __name__ == "__main__":
    sys.exit(main())
