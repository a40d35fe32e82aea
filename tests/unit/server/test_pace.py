"""How long a write waits for more posts is learned from who comes."""

import itertools

from doorwatch.server.ingest.pace import BREATH_SECONDS, GAP_SECONDS, LONGEST_SECONDS, MANY_POSTS, Pace, Pause


def test_few_events_are_hardly_waited_for_and_many_for_a_tenth_of_a_second_at_most():
    assert Pace().after(1, 1, 0).seconds < 0.001
    assert Pace().after(1, 5000, 0) == Pause(2, LONGEST_SECONDS, GAP_SECONDS)


def test_after_many_posts_half_of_those_who_post_at_the_same_time_are_waited_for():
    assert Pace().after(MANY_POSTS, MANY_POSTS, 4) == Pause((MANY_POSTS + 4) // 2, BREATH_SECONDS, BREATH_SECONDS)


def test_one_more_post_is_waited_for_as_long_as_one_more_comes():
    pace, wanted, posts = Pace(), [], 1
    for _ in range(3):
        posts = pace.after(posts, 260, 0).posts
        wanted.append(posts)
        pace.learn(enough=True)
    assert wanted == [2, 3, 4]


def test_who_posts_alone_is_waited_for_in_vain_more_and_more_seldom():
    pace, tries = Pace(), []
    for turn in range(300):
        if pace.after(1, 500, 0).posts == 2:
            tries.append(turn)
            pace.learn(enough=False)
        else:
            pace.learn(enough=True)
    between = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert between == sorted(between)
    assert 64 <= between[-1] <= 65
    assert len(tries) < 10
