"""Which pictures a post of a callback leads to, and how long it waits for them."""

from doorwatch.alerts.images import Image, images_of, wanted, worth_waiting
from doorwatch.domain.time import SECOND, from_iso

AT = from_iso("2026-01-05T18:02:11Z")
EVENT, INCIDENT = wanted("event:e1", AT, "Lobby"), wanted("incident:i1", AT, "Lobby")
FOUND = {"event:e1": Image(1200, "https://door.example/share/pictures/t", AT + SECOND)}


def test_a_post_waits_seconds_for_what_an_analyzer_still_cuts_out_and_then_goes_without():
    assert not worth_waiting([EVENT], FOUND, 0)
    assert not worth_waiting([], {}, 0)
    assert worth_waiting([EVENT], {}, 4 * SECOND)
    assert not worth_waiting([EVENT], {}, 5 * SECOND)
    assert worth_waiting([EVENT, INCIDENT], FOUND, 14 * SECOND)
    assert not worth_waiting([EVENT, INCIDENT], FOUND, 15 * SECOND)


def test_what_is_posted_of_a_picture_says_what_it_is_and_until_when_it_is_fetched():
    assert images_of([EVENT, INCIDENT], FOUND) == [
        {
            "type": "image/jpeg",
            "size": 1200,
            "timestamp": EVENT["timestamp"],
            "camera": "Lobby",
            "moment_id": "event:e1",
            "url": "https://door.example/share/pictures/t",
            "expires_at": "2026-01-05T18:02:12.000000Z",
        }
    ]
