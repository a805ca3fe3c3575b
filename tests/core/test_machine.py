from __future__ import annotations

import subprocess
import sys

from filmloom.core.machine import bytes_text, cores, disk_free, memory


def test_there_is_a_core_and_room():
    assert cores() >= 1
    found = memory()
    assert found is None or 0 <= found.available <= found.total


def test_disk_is_measured_where_a_folder_will_be(tmp_path):
    assert disk_free(tmp_path / "not" / "yet" / "made") > 0


def test_bytes_are_read_in_the_unit_that_suits_them():
    assert bytes_text(3 * 2**20) == "3 MiB"
    assert bytes_text(24 * 2**30) == "24.0 GiB"


def test_peak_memory_grows_with_what_is_held_and_is_the_process_own():
    """A megabyte here, not the megabytes of whoever started us."""
    code = "from filmloom.core.machine import peak_memory as p; a = p(); x = bytearray(200 * 2**20); print(p() - a, a)"
    weight = bytearray(500 * 2**20)  # a parent whose own peak must not be told as the child's
    grown, before = map(int, subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert len(weight) and 195 * 2**20 < grown < 210 * 2**20 and before < 300 * 2**20
