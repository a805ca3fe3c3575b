from __future__ import annotations

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
