"""The counter: what it says of each frame, ids, trails, several doors, pictures of another size."""

from itertools import pairwise

import pytest

from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import SECOND
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.pipeline import Counter, SceneMismatchError

PROFILE = Profile(threshold=0.4, low_threshold=0.15, nms=0.5)
IN = [(0.0, 300, 115), (3.0, 300, 280)]


def walk(counter, *, scale=(1.0, 1.0), frames=40, x=300.0):
    """Somebody walks in at the drawn door; the observations."""
    observations = []
    for index in range(frames):
        y = 115 + 4.4 * index
        box = Box((x - 20) * scale[0], (y - 100) * scale[1], (x + 20) * scale[0], y * scale[1], 0.9)
        observations.append(counter.observe(index * SECOND * 2 // 25, [box]))
    return observations


def ids(observations):
    return {crossing.crossing_id for observation in observations for crossing in observation.crossings}


def test_people_are_told_from_the_third_frame_on_with_foot_tile_and_door(scene):
    observations = walk(Counter("cam", [scene], PROFILE))
    assert [len(observation.people) for observation in observations[:4]] == [0, 0, 1, 1]
    person = observations[20].people[0]
    assert person.foot == pytest.approx((300, 203))
    assert person.door == "lobby-east"
    assert person.tile == scene.floor.tile_at(person.foot)


def test_ids_are_the_same_in_every_run_over_the_same_video(scene):
    assert ids(walk(Counter("cam", [scene], PROFILE))) == ids(walk(Counter("cam", [scene], PROFILE))) == {"cam-1-1"}


def test_the_run_keeps_ids_and_tracks_of_two_starts_apart(scene):
    first, second = (walk(Counter("cam", [scene], PROFILE, run=run)) for run in ("a", "b"))
    assert not ids(first) & ids(second)
    assert first[30].people[0].track != second[30].people[0].track


def test_a_crossing_is_told_again_under_its_id_while_its_trail_grows(scene):
    counter = Counter("cam", [scene], PROFILE)
    told = [crossing for o in walk(counter) for crossing in o.crossings] + list(counter.finish())
    assert len({crossing.crossing_id for crossing in told}) == 1
    lengths = [len(crossing.trail) for crossing in told]
    assert lengths == sorted(lengths)
    assert lengths[-1] > lengths[0]
    assert [step.at for step in told[-1].trail] == sorted(step.at for step in told[-1].trail)


def test_a_grown_trail_is_told_at_most_once_a_second(scene):
    times = [o.at for o in walk(Counter("cam", [scene], PROFILE), frames=60) for _ in o.crossings]
    assert all(later - earlier >= SECOND * 0.99 for earlier, later in pairwise(times))


def test_boxes_of_another_picture_size_are_scaled_to_the_scene(scene):
    counter = Counter("cam", [scene], PROFILE, picture=(1280, 720))
    observations = walk(counter, scale=(2, 2))
    assert ids(observations) == {"cam-1-1"}
    assert observations[20].people[0].foot == pytest.approx((300, 203))


def test_a_scene_for_a_picture_of_another_shape_is_refused(scene):
    with pytest.raises(SceneMismatchError, match="640 x 360 pixels, the video has 640 x 480"):
        Counter("cam", [scene], PROFILE, picture=(640, 480))


def test_scenes_of_one_camera_share_one_size(scene):
    mapping = scene.to_mapping()
    other = scene_from_mapping({**mapping, "door": "other", "size": [1280, 720]})
    with pytest.raises(SceneMismatchError, match="draw them all on the same picture"):
        Counter("cam", [scene, other], PROFILE)


def test_two_doors_of_one_camera_are_counted_apart(scene):
    other = scene_from_mapping(
        {"door": "side", "size": [640, 360], "threshold": [[500, 150], [600, 150]], "inside": [550, 300]}
    )
    counter = Counter("cam", [scene, other], PROFILE)
    crossings = [c for o in walk(counter, x=550) for c in o.crossings]
    assert {crossing.door for crossing in crossings} == {"side"}


def test_a_camera_without_scenes_tells_people_and_no_crossing():
    counter = Counter("cam", [], PROFILE, picture=(640, 360))
    observations = walk(counter)
    assert observations[10].people[0].door is None
    assert not ids(observations)


def test_a_pause_of_minutes_ends_every_track(scene):
    counter = Counter("cam", [scene], PROFILE)
    box = Box(280, 150, 320, 250, 0.9)
    for index in range(5):
        counter.observe(index * 80_000, [box])
    before = counter.observe(5 * 80_000, [box]).people[0].track
    for index in range(3):
        later = counter.observe(120 * SECOND + index * 80_000, [box])
    assert later.people[0].track != before
