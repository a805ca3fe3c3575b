from __future__ import annotations

import numpy as np

from filmloom.world.show import depth_picture, flow_picture, joints_picture, mask_picture

YES = np.ones((4, 4), bool)


def test_masks_of_different_subjects_have_different_colours_and_the_ground_its_own():
    mask = np.array([[0, 1], [2, 3]], np.uint8)
    colours = {tuple(pixel) for pixel in mask_picture(mask).reshape(-1, 3)}
    assert len(colours) == 4
    assert mask_picture(mask)[0, 0].tolist() == [40, 40, 40]


def test_an_empty_mask_is_all_ground():
    assert (mask_picture(np.zeros((3, 5), np.uint8)) == 40).all()


def test_motion_to_the_right_is_red_and_its_opposite_cyan():
    right = np.stack([np.full((4, 4), 3.0), np.zeros((4, 4))])
    assert flow_picture(right, valid=YES, occluded=~YES)[0, 0].tolist() == [255, 0, 0]
    assert flow_picture(-right, valid=YES, occluded=~YES)[0, 0].tolist() == [0, 255, 255]


def test_stillness_is_black_and_what_is_hidden_or_unknown_is_grey():
    still = np.zeros((2, 4, 4))
    assert not flow_picture(still, valid=YES, occluded=~YES).any()
    assert (flow_picture(still, valid=YES, occluded=YES) == 90).all()
    assert (flow_picture(still, valid=~YES, occluded=YES) == 40).all()


def test_the_nearest_is_darkest_and_the_farthest_lightest():
    picture = depth_picture(np.array([[1.0, 5.0], [2.0, 3.0]]))
    assert picture[0, 0].tolist() == [40] * 3 and picture[0, 1].tolist() == [255] * 3
    assert picture[1, 0, 0] < picture[1, 1, 0]


def test_a_joint_at_the_origin_lies_in_the_middle():
    picture = joints_picture(np.zeros((181, 321, 3), np.uint8), [(0.0, 0.0)])
    rows, columns = np.nonzero(picture.any(axis=2))
    assert (rows.mean(), columns.mean()) == (90, 160)
