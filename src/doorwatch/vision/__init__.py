"""From video to crossings: decode, gate by motion, detect, track, count."""
