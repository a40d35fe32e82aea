"""An RTSP server that is not ours (gst-rtsp-server), run with the system's Python: `gst_camera.py PORT`.

`/h264`, `/hevc`, `/audio`, `/srtp` (H.264 that is only sent encrypted), and `/uneven` (pictures are left out by chance).
Prints `ready PORT`.
"""

import sys

import gi

for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - their versions are chosen before

RAW = "videotestsrc is-live=true pattern=smpte100 ! video/x-raw,width=640,height=360,framerate=12/1"
H264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=12 ! video/x-h264,profile=baseline"
SENT = "rtph264pay name=pay0 pt=96 config-interval=1"
STREAMS = {
    "/h264": f"{RAW} ! {H264} ! {SENT}",
    "/hevc": f"{RAW} ! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=12 ! rtph265pay name=pay0 pt=96 config-interval=1",
    "/audio": "audiotestsrc is-live=true ! audio/x-raw,rate=8000 ! alawenc ! rtppcmapay name=pay0 pt=8",
    "/srtp": f"{RAW} ! {H264} ! {SENT}",
    "/uneven": f"{RAW} ! identity drop-probability=0.3 ! {H264} ! {SENT}",
}

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
for path, launch in STREAMS.items():
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {launch} )")
    factory.set_shared(True)
    if path == "/srtp":
        factory.set_profiles(GstRtsp.RTSPProfile.SAVP)
    server.get_mount_points().add_factory(path, factory)
server.attach(None)
sys.stdout.write(f"ready {server.get_bound_port()}\n")
sys.stdout.flush()
GLib.MainLoop().run()
