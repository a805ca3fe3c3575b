"""What the onset finder is taught: times from scenes, crops from masks; the same for the same moment."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from filmloom.checkpoints.folder import open_folder
from filmloom.data.film_set import FilmSet
from filmloom.models.onsets import CROP, REACH, OnsetFinder, gathered
from filmloom.recipes.assemble import assemble
from filmloom.recipes.onsets import WIDE, draw_batch, kinds_at, plain, varied, votes_for, watched
from filmloom.recipes.registry import RECIPES
from filmloom.recipes.run import Run
from filmloom.recipes.sizes import Mini
from filmloom.training.trainer import Moment
from filmloom.world.cadence import MOMENTS
from filmloom.world.events import SHOWN, events, visible
from filmloom.world.scene import Event, Scene, Subject


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A toy film set, and a finder that learnt from it for two steps."""
    where = tmp_path_factory.mktemp("onsets")
    RECIPES["film_set"]("toy", where / "film_set", kinds=("test", "clips"))
    assert RECIPES["onsets"]("toy", where / "onsets", steps=2, threads=1).finished
    return where


def test_every_moment_of_an_action_has_a_kind_that_can_be_seen():
    assert {kind for moments in MOMENTS.values() for kind, _ in moments} <= set(SHOWN)


def test_what_is_visible_is_what_the_subject_does_in_moments():
    scene = Scene("meadow", (Subject("girl", "red", "cheer"), Subject("car", "blue", "drive", x=0.4)), seconds=4)
    steps = visible(scene, 0)
    assert steps and len({event.time for event in steps}) == len(steps)
    assert {event.time for event in steps} == {e.time for e in events(scene) if e.subject == 0}
    assert visible(scene, 1) == ()


def test_votes_taught_at_thirty_a_second_add_up_to_the_events():
    times, happening = np.arange(60) / 30, [0.5, 1.02]
    curve = gathered(votes_for(happening, times)).numpy()
    peaks = [i for i in range(1, 59) if curve[i] > 0.5 and curve[i] == curve[i - 1 : i + 2].max()]
    assert [i / 30 for i in peaks] == pytest.approx(happening, abs=0.5 / 30)
    assert not votes_for([], times).any()


def test_a_frame_is_taught_the_kind_of_the_nearest_event_within_reach():
    happening = (Event(0.5, "hop"), Event(1.0, "land"))
    kinds = kinds_at(happening, np.array([0.0, 0.45, 0.8, 1.2, 1.0 + (REACH + 1) / 30]), ("land", "hop"))
    assert kinds.tolist() == [-1, 1, 0, 0, -1]


def test_the_part_and_its_record_outlive_a_new_assembly(made, tmp_path):
    assemble(Run(made / "weights", "toy"))
    assemble(Run(tmp_path / "weights", "toy", start=made / "weights"))
    first, second = open_folder(made / "weights"), open_folder(tmp_path / "weights")
    assert first.parts == second.parts == ("onsets",)
    one, two = (folder.load("onsets", OnsetFinder(Mini("toy").onsets)).state_dict() for folder in (first, second))
    assert all(torch.equal(one[name], two[name]) for name in one)
    told = second.record["training"]["onsets"]
    assert told["command"].startswith("filmloom train onsets --size toy") and told["step"] == 2
    assert set(told["scores"]) == {"votes within a thirtieth", "kinds", "mask iou"}


def test_the_whole_finder_is_small():
    with torch.device("meta"):
        sizes = [sum(p.numel() for p in OnsetFinder(Mini(size).onsets).parameters()) for size in ("cpu", "gpu")]
    assert max(sizes) <= 300_000


def test_batches_depend_on_the_moment_alone_and_fit_the_finder(made):
    films = FilmSet.open(made / "film_set" / "clips")
    kept = watched(Run(made / "x", "toy", films={"clips": films}), "clips")
    assert kept.crops.shape[1:] == (17, 3, WIDE, WIDE) and len(kept.looks) == len(films)
    one, two = (draw_batch(kept, Moment(3, 0.1, 0), 4) for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert one["crops"].shape == (4, 17, 3, CROP, CROP) and one["votes"].shape == (4, 17, 2 * REACH + 1)


def test_variations_keep_the_middle():
    crops = torch.zeros(3, 5, 3, WIDE, WIDE)
    crops[..., 12:28, 12:28] = 1
    assert plain((crops * 127.5 + 127.5).byte()).shape == (3, 5, 3, CROP, CROP)
    made = varied(crops, np.random.default_rng(0))
    assert made.shape == (3, 5, 3, CROP, CROP)
    assert (made[..., 14:18, 14:18].mean() > 0.8) and (made[..., :3, :3].abs().mean() < 0.2)
