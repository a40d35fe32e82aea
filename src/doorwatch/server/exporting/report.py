"""The page in a bundle: what happened, the video, the events and what is missing, for somebody who has nothing else."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, select_autoescape

from doorwatch.server.exporting.contents import Contents

_PAGE = Environment(autoescape=select_autoescape(default=True)).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ kind }} at {{ incident.door.name }}</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem }
video { width: 100%; background: #111 } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums } .missing { border-left: 4px solid #c60; padding-left: .8rem }
code { overflow-wrap: anywhere } .quiet { opacity: .75 } div.wide { overflow-x: auto }
@media print { video { display: none } }
</style></head><body>
<h1>{{ kind }} at {{ incident.door.name }}</h1>
<p>{{ when(incident.start) }} ({{ zone }}). {{ site }}.</p>
<p><strong>{{ incident.people }} people, {{ incident.grants }} grants, {{ incident.excess }} without one.</strong> {{ incident.reason }}</p>
{% if told.missing %}<div class="missing"><h2>What is missing</h2><ul>{% for one in told.missing %}<li>{{ one }}</li>{% endfor %}</ul></div>{% endif %}
{% for video in told.video %}<h2>{{ video.camera }}</h2>
<video controls preload="metadata" src="{{ video.file }}"></video>
<p class="quiet">{{ when(video.from) }} to {{ when(video.until) }}, {{ video.pictures }} pictures. {{ video.done_to_it|join("; ") }}.
{% if video.original %}As it was recorded: <a href="{{ video.original }}">{{ video.original }}</a>.{% endif %}</p>{% endfor %}
<h2>Who passed</h2><div class="wide"><table><tr><th>Time</th><th>Direction</th><th>What the rule made of it</th><th>Confidence</th></tr>
{% for one in crossings %}<tr><td>{{ when(one.time) }}</td><td>{{ one.direction }}</td><td>{{ one.outcome or "not judged" }}{% if one.excess %}: without a grant{% endif %}</td><td>{{ "%.2f"|format(one.confidence) }}</td></tr>{% endfor %}</table></div>
<h2>What the access control system said</h2><div class="wide"><table><tr><th>Time</th><th>Event</th><th>Who</th><th>What became of it</th></tr>
{% for one in events %}<tr><td>{{ when(one.time) }}</td><td>{{ one.event_type }}</td><td>{{ one.actor_name or "" }}</td><td>{{ one.outcome or "" }}</td></tr>{% endfor %}</table></div>
<h2>How it was judged</h2>
<div class="wide"><table><tr><th>When</th><th>State</th><th>What was said</th></tr>
{% for one in incident.history %}<tr><td>{{ when(one.at) }}</td><td>{{ one.state }}</td><td>{{ one.reason }}</td></tr>{% endfor %}</table></div>
<p>People's word: {{ incident.review }}{% if incident.reviewed_by %}, by {{ incident.reviewed_by }} at {{ when(incident.reviewed_at) }}{% endif %}.{% if incident.note %} {{ incident.note }}{% endif %}</p>
<p class="quiet">The rule's settings for this door then:
{% for name, value in policy.items() %}{{ name }} {{ value }}{% if not loop.last %}, {% endif %}{% endfor %}.</p>
<h2>Whether this is what was signed</h2>
<p>Exported {{ when(told.made_at) }} by {{ told.made_by }} with Doorwatch {{ told.doorwatch }}. The files, their hashes and the signature are
in <a href="manifest.json">manifest.json</a> and manifest.sig; how to verify them is told in <a href="READ-ME.txt">READ-ME.txt</a>. This page itself proves nothing.</p>
<p class="quiet">Fingerprint of the key: <code>{{ fingerprint }}</code></p>
</body></html>
""")


def report_page(contents: Contents, told: dict[str, Any], fingerprint: str) -> bytes:
    """The page, as a file; `told` is what the manifest tells."""
    zone = ZoneInfo(contents.zone)

    def when(at: str) -> str:
        local = datetime.fromisoformat(at).astimezone(zone)
        return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"

    incident = contents.incident
    return _PAGE.render(
        kind=str(incident["kind"]).replace("_", " ").capitalize(),
        incident=incident,
        told=told,
        site=contents.site,
        zone=contents.zone,
        when=when,
        crossings=contents.crossings_told(),
        events=contents.events_told(),
        policy=contents.policy,
        fingerprint=fingerprint,
    ).encode()
