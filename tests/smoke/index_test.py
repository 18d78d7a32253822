#!/usr/bin/env python3
"""The index.yaml files below traces/ name every shipped trace and cubin with its origin, and every digest in them is right."""
import hashlib
import re
import sys
import unittest
from pathlib import Path

TRACES = Path(__file__).resolve().parents[2] / "traces"
INDEXES = sorted(TRACES.rglob("index.yaml"))


def entries():
    """Yields (path of the workload, {file: digest}, text of the entry)."""
    for index in INDEXES:
        for entry in re.split(r"(?m)^  - ", index.read_text())[1:]:
            path = index.parent / re.search(r"(?m)^\s*path: (\S+)$", entry).group(1)
            yield path, dict(re.findall(r"(?m)^\s+(\S+): ([0-9a-f]{64})$", entry)), entry


class Index(unittest.TestCase):
    def test_every_trace_is_listed_and_whole(self):
        self.assertTrue(list(entries()))
        listed = {*INDEXES, TRACES / "FORMAT.md", TRACES / "RECIPES.md"}
        for path, digests, text in entries():
            self.assertIn("origin: ", text, path)
            self.assertTrue(digests, path)
            for name, digest in digests.items():
                file = path.parent / name
                self.assertEqual(hashlib.sha256(file.read_bytes()).hexdigest(), digest, file)
                listed.add(file)
        self.assertEqual({file for file in TRACES.rglob("*") if file.is_file()} - listed, set())


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
