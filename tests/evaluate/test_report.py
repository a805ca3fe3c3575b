"""The report of a toy model: complete, consistent with itself, and a gate that says why."""

from __future__ import annotations

import copy
import json
import shutil
from itertools import cycle, islice

import cv2
import numpy as np
import pytest
import torch

from filmloom.checkpoints.folder import open_folder, save_model
from filmloom.core.errors import CheckpointError, RequestError
from filmloom.evaluate import full_size
from filmloom.evaluate.bench import ratio
from filmloom.evaluate.cases import SPLITS, cases, fields, recoded, rendered
from filmloom.evaluate.full_size import full_films
from filmloom.evaluate.judge import SEEN_SIZE, Judge
from filmloom.evaluate.report import evaluate, gate, write_gate
from filmloom.evaluate.tables import markdown, table
from filmloom.generate.pipeline import load
from filmloom.generate.window import Geometry
from filmloom.world.captions import LANGUAGES
from filmloom.world.sample import Repertoire, is_held_out

MODES = ("draw", "plan", "text")
ROWS = {"ceiling", "codec", "codec with sketch", *MODES}


@pytest.fixture(scope="module")
def measured(film, tmp_path_factory):
    out, told = tmp_path_factory.mktemp("evaluation"), []
    report = evaluate(film, clips=2, modes=MODES, seed=3, out=out, on_progress=told.append)
    return report, out, told


def passing(modes=("plan", "text"), world="full"):
    """A report with just what the gate reads: everything exactly at its limit."""
    picture = {"sharpness": {"of_render": 0.48}, "flow": {"error_of_render": 1.15, "share_of_render": 0.85}}
    row = {"accuracy": {"all": {"all": {"of_ceiling": 0.9}}}, **picture}
    ceiling = {"accuracy": {"all": {"all": {"share": 0.7}}}}
    codec = {"sharpness": {"of_render": 0.6}}
    rows = {"ceiling": ceiling, "codec": codec, "codec with sketch": copy.deepcopy(codec)}
    return {"worlds": {world: {"rows": rows | {mode: copy.deepcopy(row) for mode in modes}}}}


def test_every_row_is_measured_in_every_column(measured):
    report, _, told = measured
    rows = report["worlds"]["full"]["rows"]
    assert set(rows) == ROWS and list(report["worlds"]) == ["full"]
    for row in rows.values():
        assert set(row["accuracy"]) == {*SPLITS, "all"}
        for entries in row["accuracy"].values():
            parts = [entry for name, entry in entries.items() if name != "all"]
            assert sum(entry["of"] for entry in parts) == entries["all"]["of"] > 0
            assert sum(entry["right"] for entry in parts) == entries["all"]["right"]
        assert row["frechet"] >= 0 and 0 <= row["sharpness"]["found"] <= 1 and 0 <= row["flow"]["share"] <= 1
        assert sum(entry["of"] for entry in row["language"].values()) == row["accuracy"]["all"]["all"]["of"]
    assert {mode: bool(rows[mode]["seconds"]) for mode in MODES} == dict.fromkeys(MODES, True)
    assert rows["text"]["seconds"]["denoise"] > 0 and rows["draw"]["seconds"]["draw"] > 0
    assert (told[-1].done, told[-1].total) == (6, 6)


def test_the_ceiling_is_its_own_measure(measured):
    ceiling = measured[0]["worlds"]["full"]["rows"]["ceiling"]
    told = [entry for entries in ceiling["accuracy"].values() for entry in entries.values()]
    assert {entry["of_ceiling"] for entry in told} <= {1.0, None}
    assert (ceiling["flow"]["error_of_render"], ceiling["diversity"] is not None) == (1.0, True)
    assert ceiling["diversity"]["of_render"] == 1 and ceiling["frechet"] > 0  # of other renders


def test_the_report_is_json_markdown_and_a_sheet_per_row(measured):
    report, out, _ = measured
    assert json.loads((out / "report.json").read_text()) == json.loads(json.dumps(report))
    text = (out / "report.md").read_text()
    assert text == markdown(report) and report["command"] in text
    for row, name in report["worlds"]["full"]["sheets"].items():
        picture = cv2.imread(str(out / name))
        assert picture.shape[1] > 1000 and len(picture) % 6 == 0 and picture.std() > 10, row


def test_cases_are_the_same_every_time_and_what_they_claim():
    first, again = (list(cases("full", 4, 7, 2.0)) for _ in range(2))
    assert first == again and list(cases("full", 2, 8, 2.0)) != list(cases("full", 2, 7, 2.0))
    for case in first:
        assert is_held_out(case.scene) == (case.split == "unseen combinations")
        other = fields(case.another)
        assert {name: other[name] for name in case.fields} == case.fields
        assert set(case.fields) == case.told.stated and case.another != case.scene
    assert [case.told.language for case in first[:4]] == list(islice(cycle(LANGUAGES), 4))


def test_reduced_cases_stay_within_the_reduced_repertoire():
    small = Repertoire.reduced()
    for case in cases("reduced", 3, 0, 2.0):
        for scene in (case.scene, case.another):
            assert scene.setting in small.settings and scene.subjects[0].kind in small.kinds
            assert scene.camera.move == "still" and scene.weather == "clear"


def test_a_text_model_of_the_reduced_world_is_measured_there_and_never_chosen_by_auto(model_folder, tmp_path):
    folder = tmp_path / "reduced"
    shutil.copytree(model_folder, folder)
    save_model(folder, {}, {**open_folder(folder).record, "repertoire": "reduced"})
    report = evaluate(load(folder), clips=1, modes=("text",), seed=0, out=tmp_path / "out")
    assert set(report["worlds"]["full"]["rows"]) == {"ceiling", "codec"}
    assert set(report["worlds"]["reduced"]["rows"]) == {"ceiling", "codec", "text"}
    assert not report["gate"]["text"]["passes"] and "reduced repertoire only" in report["gate"]["text"]["reasons"][-1]
    assert "## The reduced repertoire" in (tmp_path / "out" / "report.md").read_text()


def test_modes_without_their_parts_are_left_out_and_said_so(model_folder, tmp_path):
    folder = tmp_path / "poor"
    shutil.copytree(model_folder, folder)
    record = json.loads((folder / "model.json").read_text())
    del record["parts"]["transformer"], record["parts"]["video_vae"]
    (folder / "model.json").write_text(json.dumps(record))
    report = evaluate(load(folder), clips=1, modes=("plan", "text"), seed=0, out=tmp_path / "out")
    assert set(report["worlds"]["full"]["rows"]) == {"ceiling"} and report["auto"] == "draw"
    assert report["skipped"]["text"] == "the model has no transformer, video_vae"


def test_an_unknown_mode_or_a_missing_recogniser_is_refused_before_anything_is_made(film, model_folder, tmp_path):
    with pytest.raises(RequestError, match="draw, plan, text"):
        evaluate(film, clips=1, modes=("dream",), seed=0, out=tmp_path)
    folder = tmp_path / "blind"
    shutil.copytree(model_folder, folder)
    record = json.loads((folder / "model.json").read_text())
    del record["parts"]["recogniser"]
    (folder / "model.json").write_text(json.dumps(record))
    with pytest.raises(CheckpointError, match="no part 'recogniser'"):
        evaluate(load(folder), clips=1, modes=("draw",), seed=0, out=tmp_path / "out")


def test_what_is_exactly_at_its_limit_passes_the_gate():
    found = gate(passing())
    assert found["plan"]["passes"] and found["text"]["passes"] and found["text"]["reasons"] == []


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("accuracy", "all", "all", "of_ceiling"), 0.899, "attributes, of the ceiling's: 89.9 %, asked at least 90 %"),
        (("sharpness", "of_render"), 0.47, "subject sharpness, of the codec's: 78.3 %, asked at least 80 %"),
        (("flow", "error_of_render"), 1.16, "error along the flow, of a render's: 116.0 %, asked at most 115 %"),
        (("flow", "error_of_render"), None, "error along the flow, of a render's: could not be measured"),
        (("flow", "share_of_render"), 0.5, "pixels with a consistent flow, of a render's: 50.0 %"),
    ],
)
def test_each_figure_beyond_its_limit_fails_alone_and_says_so(path, value, reason):
    report = passing()
    place = report["worlds"]["full"]["rows"]["text"]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    found = gate(report)
    assert found["plan"]["passes"] and not found["text"]["passes"]
    assert len(found["text"]["reasons"]) == 1 and found["text"]["reasons"][0].startswith(reason)


def test_a_blunt_codec_fails_every_diffusion_mode():
    report = passing()
    for name in ("codec", "codec with sketch"):
        report["worlds"]["full"]["rows"][name]["sharpness"]["of_render"] = 0.59
    assert [found["passes"] for found in gate(report).values()] == [False, False]


def test_nothing_passes_before_a_judge_who_cannot_see():
    report = passing(MODES)
    report["worlds"]["full"]["rows"]["ceiling"]["accuracy"]["all"]["all"]["share"] = 0.69
    assert not any(found["passes"] for found in gate(report).values())


def test_draw_is_asked_for_attributes_alone():
    report = passing(("draw",))
    report["worlds"]["full"]["rows"]["draw"]["sharpness"]["of_render"] = 0.0
    assert gate(report)["draw"]["passes"]


def test_writing_the_gate_changes_the_record_and_not_the_weights(measured, model_folder, tmp_path):
    report, folder = measured[0], tmp_path / "gated"
    shutil.copytree(model_folder, folder)
    before = open_folder(folder)
    write_gate(folder, report)
    after = open_folder(folder)
    load(folder)  # every digest still fits
    assert after.digest == before.digest and after.record["parts"] == before.record["parts"]
    modes = after.record["modes"]
    assert modes["plan"]["repertoire"] == "full" and before.record["modes"]["plan"] == {"note": "kept"}
    assert {mode: modes[mode]["passes"] for mode in MODES} == {m: report["gate"][m]["passes"] for m in MODES}
    assert after.record["figures"]["worlds"]["full"] == report["worlds"]["full"]["rows"]
    assert after.record["gate"]["attributes"] == 0.9


def test_a_report_of_other_weights_is_not_written(measured, model_folder):
    with pytest.raises(CheckpointError, match="evaluate it first"):
        write_gate(model_folder, {**measured[0], "model_digest": "0" * 64})
    assert "figures" not in open_folder(model_folder).record


def test_films_at_full_size_are_timed_in_a_process_of_their_own(film, tmp_path):
    found = full_films(film, ["a red cat walks"], ("draw",), tmp_path, size=(128, 72), seconds=0.2, fps=10)
    assert len(found) == 1 and (tmp_path / "draw-1.mp4").stat().st_size > 0
    assert found[0]["seconds"] > found[0]["stages"]["draw"] and found[0]["peak_memory_mib"] > 50


def test_a_film_that_fails_is_reported_not_hidden(film, tmp_path, monkeypatch):
    monkeypatch.setattr(full_size, "_FILM", "raise SystemExit('seconds is -1')")
    found = full_films(film, ["a red cat"], ("draw",), tmp_path)
    assert found == [{"mode": "draw", "prompt": "a red cat", "failed": "seconds is -1"}]


def test_a_judge_sees_clips_of_any_size_and_a_frozen_codec_row_is_the_codec(film):
    geometry = Geometry.of(film.folder.record)
    case = next(cases("full", 1, 0, 2.0))
    truth = rendered(case.scene, geometry)
    assert truth.shape[2:] == (9, 48, 64)
    codec = film.part("video_vae")
    assert torch.equal(recoded(codec, truth, film.device), codec.decode(codec.encode(truth)).clamp(-1, 1))
    judge = Judge.of(film.folder)
    for video in (geometry.cropped(truth)[0], torch.zeros(3, 5, *SEEN_SIZE)):
        verdict = judge(video)
        assert set(verdict.named) == set(judge.schema) and np.isfinite(verdict.energy)


def test_ratios_of_the_unknown_are_unknown():
    assert ratio(1.0, 2.0) == 0.5
    assert ratio(float("nan"), 2.0) is ratio(1.0, 0.0) is ratio(None, 1.0) is None


def test_a_bar_in_a_cell_does_not_break_a_table():
    assert table(("a", "b"), [("x|y", "z")]) == ["| a | b |", "|---|---|", "| x\\|y | z |", ""]
