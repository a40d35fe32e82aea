"""A clip in which the product itself hid the people is VP9, and plays in the page as every other."""

import gzip
import json

import av
import pytest
from playwright.sync_api import expect

from doorwatch.domain.time import SECOND, to_iso
from doorwatch.recording.blurring import Searched, Whereabouts, hidden_clip
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.segments import Recordings, SegmentWriter


def record(video, root, camera_id, base):
    """The clip as one segment of a camera, as if it had been recorded from `base` on."""
    writer = SegmentWriter(root, camera_id)
    with av.open(video) as source:
        track = source.streams.video[0]
        extra = bytes(track.codec_context.extradata or b"")
        writer.begin(init_segment(track), base)
        cut = Fragmenter()
        for packet in [p for p in source.demux(track) if p.size]:
            dts, pts = (base + round(float(t * packet.time_base) * SECOND) for t in (packet.dts, packet.pts))
            if piece := cut.add(Sample(with_lengths(bytes(packet), extra), dts, pts, packet.is_keyframe)):
                writer.add(piece)
        writer.add(cut.finish())
    writer.finish()


@pytest.fixture(scope="module")
def blurred(door, now, tmp_path_factory):
    """The clip's incident, whose clip keeps only blurred people."""
    base = now() - 60 * SECOND
    incident = door.run_once(base)
    root = tmp_path_factory.mktemp("recordings")
    record(door.video, root, door.camera_id, base)
    frames = json.loads(gzip.decompress(door.boxes.read_bytes()))["frames"]
    searched = [
        Searched(base + at, tuple((b[0] / 640, b[1] / 360, b[2] / 640, b[3] / 360) for b in boxes))
        for at, _, boxes in frames
    ]
    clip = hidden_clip(Recordings(root), door.camera_id, base, base + door.length, Whereabouts(searched))
    about = {"X-Camera-Id": door.camera_id, "X-Start": to_iso(clip.start), "X-Duration-Us": str(clip.duration)}
    about["X-Revision"] = str(incident["revision"])
    door.analyzer("PUT", f"/api/analyzer/evidence/{incident['incident_id']}/clip.mp4", clip.data, **about)
    return incident, clip


def test_a_clip_of_blurred_people_plays_with_its_tiles(visit, server, blurred):
    incident, clip = blurred
    page = visit(f"/incidents/{incident['incident_id']}")
    served = page.request.get(incident["clip_url"]).body()
    assert served == clip.data, "it is the blurred clip that is shown"
    video = page.locator(".clip video")
    expect(video).to_have_js_property("videoWidth", 640)
    page.wait_for_function("() => document.querySelector('.clip video').currentTime > 0.5")
    assert video.evaluate("v => v.error") is None
    assert video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames") > 3
    video.evaluate("v => { v.pause(); v.currentTime = 7.0; }")
    expect(page.locator(".clip .tile.mark-excess").first).to_be_visible()
