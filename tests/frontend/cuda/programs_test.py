#!/usr/bin/env python3
"""Programs built with nvcc run unmodified: both kinds of runtime, device code in several files, PTX only, the driver API.

  programs_test.py PATH_OF_HEDDLE

Skipped where there is no CUDA Toolkit.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent / "programs"
ROOT = Path(__file__).resolve().parents[3]
HEDDLE = None
NVCC = shutil.which("nvcc") or next((str(p) for p in [Path("/usr/local/cuda/bin/nvcc")] if p.is_file()), None)


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def build(self, *arguments):
        program = str(Path(self.folder.name, f"program{len(os.listdir(self.folder.name))}"))
        sources = [str(HERE / a) if a.endswith((".cu", ".cpp")) else a for a in arguments]
        done = subprocess.run([NVCC, "-std=c++17", "-O1", *sources, "-o", program], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def run_under_heddle(self, program, gpu="h200_sxm"):
        return subprocess.run([HEDDLE, "run", "--gpu", gpu, "--functional", "--quiet", "--", program], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300)

    def expect_pass(self, program, gpu="h200_sxm"):
        done = self.run_under_heddle(program, gpu)
        self.assertEqual((done.returncode, done.stdout.split()[:1]), (0, ["PASS"]), done.stdout + done.stderr)

    def test_features_with_the_runtime_linked_in(self):
        self.expect_pass(self.build("-arch=sm_90a", "features.cu"))

    def test_features_with_the_shared_runtime_on_another_gpu(self):
        self.expect_pass(self.build("-arch=sm_80", "-cudart", "shared", "features.cu"), "a100_sxm_80gb")

    def test_per_thread_default_streams(self):
        self.expect_pass(self.build("-arch=sm_90a", "--default-stream", "per-thread", "features.cu"))

    def test_device_code_in_two_files(self):
        self.expect_pass(self.build("-arch=sm_90", "-rdc=true", "relocatable_main.cu", "relocatable_part.cu"))

    def test_ptx_only(self):
        self.expect_pass(self.build("-gencode", "arch=compute_75,code=compute_75", "-rdc=true", "relocatable_main.cu", "relocatable_part.cu"))

    def test_code_for_another_gpu_only(self):
        done = self.run_under_heddle(self.build("-gencode", "arch=compute_80,code=sm_80", "relocatable_main.cu", "relocatable_part.cu", "-rdc=true"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("sm_80", done.stderr)

    def test_kernels_that_launch_kernels(self):
        self.expect_pass(self.build("-arch=sm_90a", "-rdc=true", "dynamic_parallelism.cu", "-lcudadevrt"))

    def test_a_launch_that_does_not_fit_says_why(self):
        done = self.run_under_heddle(self.build("-arch=sm_90a", "too_large.cu"))
        self.assertEqual((done.returncode, done.stdout), (0, "invalid argument, invalid argument, invalid configuration argument\n"), done.stderr)
        self.assertIn("1000000 bytes of dynamic shared memory are more than", done.stderr)
        self.assertIn("2x1x1 blocks of 2048x1x1 threads", done.stderr)

    def test_the_kits_runner_profiles_graphs_but_no_launch_that_is_captured(self):
        runner = self.build("-cudart", "shared", "-Xcompiler", "-rdynamic", str(ROOT / "validation/capture/runner.cpp"), "-ldl")
        program = self.build("-arch=sm_90a", "-cudart", "shared", "-shared", "-Xcompiler", "-fPIC", "-Dmain=workload_main", "captured.cu")
        for options, launches, profiled in ((["--profile-each", "2", "--profile-most", "9"], 5, 4), (["--digest"], 4, 0)):
            command = [HEDDLE, "run", "--gpu", "h200_sxm", "--functional", "--quiet", "--", runner, *options, program, "--"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            self.assertIn("sum 1133", done.stdout, done.stderr)
            # With a profiler: two ordinary launches, three of a graph, of each two are seen. Without: whatever is put into a stream.
            self.assertRegex(done.stdout, rf"END \S+ 0 {launches} {profiled}\n")

    def test_captured_launches_replay_to_the_same_memory(self):
        for kind in ("shared", "static"):
            program = self.build("-arch=sm_90a", "-cudart", kind, "to_capture.cu")
            bundle = Path(self.folder.name, "bundle_" + kind)
            done = subprocess.run([HEDDLE, "capture", "--gpu", "h200_sxm", "--out", bundle, "--", program], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            index = json.loads((bundle / "bundle.json").read_text())
            self.assertEqual((index["gpu"], index["compute_capability"], index["skipped"]), ("H200 SXM 141GB", "9.0", []))
            self.assertEqual(len(index["launches"]), 5)
            for launch in index["launches"]:
                again = subprocess.run([HEDDLE, "run", "--gpu", "h200_sxm", "--functional", bundle / launch["recipe"]], capture_output=True, text=True)
                self.assertEqual(again.returncode, 0, again.stderr)
            # What was captured is really compared.
            recipe = bundle / index["launches"][0]["recipe"]
            other = recipe.read_text().replace("grid: [4, 1, 1]", "grid: [3, 1, 1]")
            self.assertNotEqual(other, recipe.read_text())
            recipe.write_text(other)
            again = subprocess.run([HEDDLE, "run", "--gpu", "h200_sxm", "--functional", recipe], capture_output=True, text=True)
            self.assertEqual(again.returncode, 2)
            self.assertIn("of 256 elements differ from", again.stderr)
            # A folder with something in it is left alone.
            done = subprocess.run([HEDDLE, "capture", "--gpu", "h200_sxm", "--out", bundle, "--", program], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)

    def test_driver_api(self):
        stubs = Path(NVCC).resolve().parents[1] / "lib64/stubs"
        self.expect_pass(self.build("driver_api.cpp", "-L", str(stubs), "-lcuda"))

    def test_stripped_program(self):
        program = self.build("-arch=sm_90a", "relocatable_main.cu", "relocatable_part.cu", "-rdc=true")
        subprocess.run(["strip", program], check=True)
        done = self.run_under_heddle(program)
        self.assertEqual(done.returncode, 2)
        self.assertIn("-cudart shared", done.stderr)


if __name__ == "__main__":
    if NVCC is None:
        print("no nvcc: skipped")
        sys.exit(77)
    HEDDLE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
