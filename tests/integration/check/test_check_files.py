"""What `doorwatch check` finds of evidence and recordings: rows against files."""

from installed import blob_of, first
from sqlalchemy import update

from doorwatch.domain.time import HOUR
from doorwatch.store import retention
from doorwatch.store.retention import Keep
from doorwatch.store.schema.media import evidence as evidence_table
from doorwatch.store.schema.media import segments as segments_table


def test_evidence_without_its_file_is_found(house):
    blob = blob_of(house, first(house))
    (house.settings.blobs_dir / blob).unlink()
    assert house.only("evidence") == (f"the evidence {blob} has no file",)


def test_evidence_of_another_size_is_found(house):
    blob = blob_of(house, first(house))
    (house.settings.blobs_dir / blob).write_bytes(b"cut")
    assert house.only("evidence") == (f"the evidence {blob} has 3 bytes instead of 7",)


def test_a_file_that_belongs_to_no_incident_is_found_when_it_is_old(house):
    name = "evidence/acc/inc/0-clip.mp4"
    house.age(name, b"x", folder="blobs", minutes=1)
    assert house.broken() == {}
    house.age(name, b"x", folder="blobs")
    assert house.only("evidence") == (f"the file {name} belongs to no incident",)


def test_evidence_that_is_replaced_while_we_look_is_no_fault(house):
    blob = blob_of(house, first(house))
    newer = blob.replace("-picture", "new-picture")
    asked = []

    def meanwhile(name):
        """Right after the rows were read for the first time, the server replaces a picture."""
        if name == "segments" or asked:
            return
        asked.append(name)
        path = house.settings.blobs_dir / blob
        path.rename(path.with_name(newer.rpartition("/")[2]))
        house.change(update(evidence_table).where(evidence_table.c.blob == blob).values(blob=newer))

    from doorwatch.server.proof.files import _evidence_rows, evidence_kept

    def ask(work):
        rows = house.db.read_sync(work)
        if work is _evidence_rows:
            meanwhile("evidence")
        return rows

    assert evidence_kept(ask, house.settings.blobs_dir, 0).wrong == ()
    assert asked


def test_a_segment_without_its_file_is_found(house):
    (house.settings.data_dir / "recordings/cam/20260101/s1.mp4").unlink()
    assert house.only("segments") == ("the segment cam/20260101/s1.mp4 has no file",)


def test_a_segment_that_was_cut_is_found(house):
    (house.settings.data_dir / "recordings/cam/20260101/s1.mp4").write_bytes(b"v")
    assert house.only("segments") == ("the segment cam/20260101/s1.mp4 has 1 bytes instead of 50",)


def test_a_recording_without_a_row_is_found_when_it_is_old(house):
    house.age("cam/20260101/s9.mp4", b"video", minutes=1)
    assert house.broken() == {}
    house.age("cam/20260101/s9.mp4", b"video")
    assert house.only("segments") == ("the recording cam/20260101/s9.mp4 has no row",)


def test_a_recording_that_is_about_to_be_deleted_is_no_fault(house):
    later = house.clock.now() + HOUR
    house.db.write_sync(lambda conn: retention.remove_old(conn, house.account, lambda _: Keep(0, 0), later))
    assert house.broken() == {}


def test_recordings_of_an_analyzer_elsewhere_are_not_missed(house):
    house.change(update(segments_table).values(name="elsewhere/20260101/s.mp4"))
    for file in (house.settings.data_dir / "recordings/cam/20260101").iterdir():
        file.unlink()
    assert house.broken() == {}
