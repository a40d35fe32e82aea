"""What is done about faults of recorded video: by rule, never to what is held, and never by deleting a file.

A file that is no recording any more is set aside; rows follow what the files really hold.
"""

import os
from dataclasses import asdict, replace
from pathlib import Path

from sqlalchemy import Connection

from doorwatch.domain.time import Micros
from doorwatch.recording.segments import Recordings, hash_of, parse_stamp, read_entries
from doorwatch.server.proof.video import Fault, Wrong
from doorwatch.store import segments, tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.database import Database
from doorwatch.store.segments import Segment

ASIDE = "set-aside"
_ACTOR = "doorwatch check --repair"


class Repair:
    """Repairs an installation whose server and analyzer do not run; `data_dir` holds the recordings."""

    def __init__(self, db: Database, data_dir: Path, now: Micros) -> None:
        self._db = db
        self._recordings = data_dir / "recordings"
        self._aside = data_dir / ASIDE
        self._now = now

    def repair(self, fault: Fault) -> str:
        """Do what the rule says about one fault; what was done, in a few words. Raises StoreError, OSError."""
        if fault.held:
            if fault.segment is not None and fault.wrong in {Wrong.MISSING, Wrong.TRUNCATED, Wrong.ALTERED}:
                self._change(fault, replace(fault.segment, fault=fault.wrong.value))
                return "left as it is, because it is held; its time is shown as a gap"
            return "left as it is, because it is held"
        if fault.segment is None:
            return self._take_in(fault)
        return self._correct(fault, fault.segment)

    def _correct(self, fault: Fault, one: Segment) -> str:
        path = self._recordings / one.name
        if fault.wrong is Wrong.RESTORED:
            self._change(fault, replace(one, fault=None))
            return "the mark is taken away"
        if fault.wrong is Wrong.OVERLAPPING and fault.until is not None:
            self._change(fault, replace(one, end=fault.until))
            return "it is listed up to where the next one begins"
        if fault.wrong in {Wrong.TRUNCATED, Wrong.MISTIMED} and (entries := read_entries(path)):
            _cut(path, entries[-1].offset + entries[-1].size)
            end = max(entry.end for entry in entries)
            self._change(fault, self._described(path, one.camera_id, one.segment_id, entries[0].start, end))
            return "what is whole in it is kept and listed"
        self._set_aside(fault.name)
        self._forget(fault)
        return "it is taken off the list" if fault.wrong is Wrong.MISSING else "it is set aside, its time is a gap"

    def _take_in(self, fault: Fault) -> str:
        camera_id = fault.name.partition("/")[0]
        if fault.wrong is Wrong.UNFINISHED:
            # It lists everything that was not reported, too: rows that are there stay as they are.
            for one in Recordings(self._recordings).recover(camera_id):
                self._list(Segment(**asdict(one)))
            return "what is whole in it is finished and listed"
        entries = read_entries(self._recordings / fault.name)
        if fault.wrong is Wrong.UNLISTED and entries:
            path = self._recordings / fault.name
            start = parse_stamp(path.stem)
            end = max(entry.end for entry in entries)
            if self._list(self._described(path, camera_id, f"{camera_id}~{start}", start, end)):
                return "it is listed again"
        self._set_aside(fault.name)
        return "it is set aside"

    def _described(self, path: Path, camera_id: str, segment_id: str, start: Micros, end: Micros) -> Segment:
        name = path.relative_to(self._recordings).as_posix()
        return Segment(segment_id, camera_id, start, end, path.stat().st_size, name, hash_of(path))

    def _list(self, one: Segment) -> bool:
        """List it with the account whose camera it is; whether there is one."""

        def store(conn: Connection) -> bool:
            for account in tenants.list_accounts(conn):
                if not segments.store_segments(conn, account.account_id, [one]):
                    self._note(conn, account.account_id, one.name, "listed")
                    return True
            return False

        return self._db.write_sync(store)

    def _change(self, fault: Fault, wanted: Segment) -> None:
        def change(conn: Connection) -> None:
            if fault.account is not None:
                segments.replace_row(conn, fault.account, wanted)
                self._note(conn, fault.account, fault.name, fault.wrong.value)

        self._db.write_sync(change)

    def _forget(self, fault: Fault) -> None:
        def forget(conn: Connection) -> None:
            if fault.account is not None and fault.segment is not None:
                segments.forget_row(conn, fault.account, fault.segment.segment_id)
                self._note(conn, fault.account, fault.name, fault.wrong.value)

        self._db.write_sync(forget)

    def _note(self, conn: Connection, account: str, name: str, wrong: str) -> None:
        detail = {"wrong": wrong}
        audit.record(conn, account, at=self._now, actor=_ACTOR, action=Act.VIDEO_REPAIR, subject=name, detail=detail)

    def _set_aside(self, name: str) -> None:
        source, target = self._recordings / name, self._aside / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)


def _cut(path: Path, size: int) -> None:
    """Cut a file to its whole fragments, on disk when this returns."""
    if path.stat().st_size > size:
        with path.open("r+b") as file:
            file.truncate(size)
            os.fsync(file.fileno())
