#!/usr/bin/env python3
"""The checkers under tools/check find what they must find, on small trees written on the fly."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKS = Path(__file__).resolve().parents[2] / "tools" / "check"


def run(checker, files):
    """Runs a checker on a tree made of {path: text}; returns (exit status, output)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if checker == "tracked_text":
            subprocess.run(["git", "init", "-q", folder], check=True)
            subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
        done = subprocess.run([CHECKS / checker, folder], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


SOUND = {
    "sim/base/units.hpp": "// Units.\n",
    "sim/config/yaml_reader.cpp": "#include <yaml-cpp/yaml.h>\n",
    "sim/kernel/systemc_host.cpp": "#include <systemc>\n",
    "sim/mem/message.hpp": '// Message.\n#include "sim/base/units.hpp"\n',
    "sim/sm/sm.hpp": '// SM.\n#include "sim/mem/message.hpp"\n',
    "sim/sm/sm_config.hpp": "// SM configuration.\n",
    "sim/l2/l2_slice.hpp": '// L2.\n#include "sim/base/units.hpp"\n',
    "sim/l2/l2_config.hpp": "// L2 configuration.\n",
    "sim/gpu/gpu.cpp": '#include "sim/sm/sm.hpp"\n#include "sim/l2/l2_slice.hpp"\n',
    "sim/gpu/gpu_config.hpp": '// All.\n#include "sim/sm/sm_config.hpp"\n#include "sim/l2/l2_config.hpp"\n',
    "frontend/trace/reader.cpp": '#include "sim/base/units.hpp"\n#include <zstd.h>\n',
    "tools/heddle/run.cpp": '#include "sim/gpu/gpu_config.hpp"\n#include <CLI/CLI.hpp>\n',
}


class Floors(unittest.TestCase):
    def expect(self, path, text, place, words):
        """`text` put at `path` into the sound tree gives exactly one finding, at `place`, that says `words`."""
        status, output = run("floors", {**SOUND, path: text})
        self.assertEqual(status, 1, output)
        self.assertEqual(len(output.splitlines()), 1, output)
        self.assertIn(place, output)
        self.assertIn(words, output)

    def test_a_sound_tree_passes(self):
        self.assertEqual(run("floors", SOUND), (0, f"floors: {len(SOUND)} files, all includes go down\n"))

    def test_an_empty_tree_fails(self):
        self.assertEqual(run("floors", {"README": ""})[0], 1)

    def test_upwards(self):
        self.expect("sim/base/bad.hpp", '// x\n#include "sim/mem/message.hpp"\n', "sim/base/bad.hpp:2:", "sim/mem is above sim/base")

    def test_sibling_blocks(self):
        self.expect("sim/sm/bad.cpp", '#include "sim/l2/l2_slice.hpp"\n', "sim/sm/bad.cpp:1:", "sim/l2 is a sibling of sim/sm")

    def test_sibling_configuration_is_a_sibling_too(self):
        self.expect("sim/sm/bad.cpp", '#include "sim/l2/l2_config.hpp"\n', "sim/sm/bad.cpp:1:", "sibling")

    def test_frontend_never_sees_the_sm(self):
        self.expect("frontend/isa/bad.cpp", '#include "sim/sm/sm.hpp"\n', "frontend/isa/bad.cpp:1:", "sim/sm is above frontend")

    def test_only_gpu_cpp_knows_all(self):
        text = SOUND["sim/gpu/gpu.cpp"]
        self.expect("sim/gpu/dispatcher.cpp", text, "sim/gpu/dispatcher.cpp:2:", "knows sim/l2 and sim/sm")
        self.expect("tools/heddle/bad.cpp", text, "tools/heddle/bad.cpp:2:", "knows sim/l2 and sim/sm")

    def test_systemc_has_its_home(self):
        for header in ("systemc", "systemc.h", "tlm", "tlm.h", "tlm_utils/simple_target_socket.h", "sysc/kernel/sc_time.h"):
            self.expect("sim/dram/bank.cpp", f"#include <{header}>\n", "sim/dram/bank.cpp:1:", "SystemC belongs in")

    def test_libraries_have_their_homes(self):
        self.expect("sim/sm/bad.cpp", "#include <yaml-cpp/yaml.h>\n", ":1:", "yaml-cpp belongs in sim/config/yaml_reader* only")
        self.expect("sim/sm/bad.cpp", "#include <nlohmann/json.hpp>\n", ":1:", "nlohmann-json belongs in")
        self.expect("sim/sm/bad.cpp", "#include <catch2/catch.hpp>\n", ":1:", "Catch2 belongs in tests/ only")

    def test_relative_includes_and_unknown_rooms(self):
        self.expect("sim/sm/bad.cpp", '#include "sm.hpp"\n', ":1:", "write the whole path")
        self.expect("sim/attic/x.cpp", "\n", "sim/attic/x.cpp:1:", "no floor is known")


class FileSizes(unittest.TestCase):
    def lines(self, count):
        return "// Head.\n" + "\n" * (count - 1)

    def test_both_sides_of_the_limits(self):
        self.assertEqual(run("file_sizes", {"sim/a.cpp": self.lines(300)})[0], 0)
        self.assertIn("sim/a.cpp: 301 lines", run("file_sizes", {"sim/a.cpp": self.lines(301)})[1])
        allow = {"tools/check/large_files.txt": "sim/a.cpp: one table of opcodes\n"}
        self.assertEqual(run("file_sizes", {"sim/a.cpp": self.lines(500), **allow})[0], 0)
        status, output = run("file_sizes", {"sim/a.cpp": self.lines(501), **allow})
        self.assertEqual(status, 1)
        self.assertIn("above 500 a file is split", output)

    def test_the_allow_list_stays_true(self):
        allow = {"tools/check/large_files.txt": "sim/a.cpp: one table of opcodes\nsim/gone.cpp: was one long table\n"}
        status, output = run("file_sizes", {"sim/a.cpp": self.lines(10), **allow})
        self.assertEqual(status, 1)
        self.assertIn("sim/a.cpp: 10 lines; its line in tools/check/large_files.txt is no longer needed", output)
        self.assertIn("sim/gone.cpp does not exist", output)

    def test_a_reason_is_words(self):
        files = {"sim/a.cpp": self.lines(301), "tools/check/large_files.txt": "sim/a.cpp:\n"}
        self.assertIn("large_files.txt:1: want", run("file_sizes", files)[1])

    def test_a_header_opens_with_a_comment(self):
        self.assertIn("sim/sm/x.hpp:1: opens without", run("file_sizes", {"sim/sm/x.hpp": "#pragma once\n\nstruct X {};\n"})[1])
        self.assertEqual(run("file_sizes", {"sim/sm/x.hpp": "#pragma once\n// An X.\nstruct X {};\n"})[0], 0)


class TrackedText(unittest.TestCase):
    def test_machine_paths(self):
        for path in ("/" + "work/main/x", "/" + "home/someone/x", "/" + "root/x", "../" + "shared/facts"):
            status, output = run("tracked_text", {"notes.md": f"ok\nsee {path}.\n"})
            self.assertEqual(status, 1, path)
            self.assertIn("notes.md:2: names a machine path", output)

    def test_ordinary_text_passes(self):
        text = "https://example.org/root/x a/work/b /usr/share/doc build/release/bin/heddle\n"
        self.assertEqual(run("tracked_text", {"notes.md": text}), (0, "tracked text: 1 files name no machine path\n"))


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
