"""The rule: what access events and crossings of one door say together. Pure; it reads no clock and no store.

`judge(inputs, now)` is the whole answer. Who keeps a store asks `fetch_span` what to read, has `judge_around` find the
window and judge it, or say what more to read, and lets `reconcile` compare the answer with what was said before.
"""

from doorwatch.domain.verdict.border import Border, Used
from doorwatch.domain.verdict.changes import Change, Known, incident_id_for, next_change, reconcile
from doorwatch.domain.verdict.inputs import (
    CameraVersion,
    DoorInputs,
    PolicyVersion,
    Span,
    missing_types,
    reads,
)
from doorwatch.domain.verdict.judge import judge
from doorwatch.domain.verdict.offset import OffsetProposal, propose_offset
from doorwatch.domain.verdict.window import (
    Window,
    camera_span,
    fetch_span,
    judge_around,
    pacs_span,
    quiet_spans,
    window_around,
    within,
)

__all__ = [
    "Border",
    "CameraVersion",
    "Change",
    "DoorInputs",
    "Known",
    "OffsetProposal",
    "PolicyVersion",
    "Span",
    "Used",
    "Window",
    "camera_span",
    "fetch_span",
    "incident_id_for",
    "judge",
    "judge_around",
    "missing_types",
    "next_change",
    "pacs_span",
    "propose_offset",
    "quiet_spans",
    "reads",
    "reconcile",
    "window_around",
    "within",
]
