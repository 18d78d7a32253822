#!/usr/bin/env python3
"""traces/index.yaml names every shipped trace with its origin, and every digest in it is right."""
import hashlib
import re
import sys
import unittest
from pathlib import Path

TRACES = Path(__file__).resolve().parents[2] / "traces"
TEXT = (TRACES / "index.yaml").read_text()


def entries():
    """Yields (path of the workload, {file: digest}, text of the entry)."""
    for entry in re.split(r"(?m)^  - ", TEXT)[1:]:
        path = re.search(r"(?m)^\s*path: (\S+)$", entry).group(1)
        yield path, dict(re.findall(r"(?m)^\s+(\S+): ([0-9a-f]{64})$", entry)), entry


class Index(unittest.TestCase):
    def test_every_trace_is_listed_and_whole(self):
        self.assertTrue(list(entries()))
        listed = {TRACES / "index.yaml", TRACES / "FORMAT.md"}
        for path, digests, text in entries():
            self.assertIn("origin: ", text, path)
            self.assertTrue(digests, path)
            for name, digest in digests.items():
                file = (TRACES / path).parent / name
                self.assertEqual(hashlib.sha256(file.read_bytes()).hexdigest(), digest, file)
                listed.add(file)
        self.assertEqual({file for file in TRACES.rglob("*") if file.is_file()} - listed, set())


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
