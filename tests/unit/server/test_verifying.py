"""A bundle is verified by anybody: whatever is altered, removed, added or swapped is named, and nothing makes it fail."""

import io
import json
import shutil
import subprocess
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorwatch.server.exporting.bundle import Piece, write_bundle
from doorwatch.server.exporting.signing import EvidenceKey, EvidenceKeyError, PublicKey, same_fingerprint
from doorwatch.server.exporting.verifying import NoBundleError, Trusted, verify

OURS, THEIRS = EvidenceKey(b"o" * 32), EvidenceKey(b"t" * 32)
PIECES = [Piece("video/lobby.mp4", bytes(range(256)) * 40, "video"), Piece("events.csv", b"time,who\n", "events")]


def bundle(key=OURS, told=None):
    file = io.BytesIO()
    write_bundle(PIECES, {"missing": ["no pictures for 3 s"], **(told or {})}, key, file)
    return file.getvalue()


def altered(change, data=None):
    """The bundle with its files changed by a function from a dictionary to a dictionary."""
    with zipfile.ZipFile(io.BytesIO(data or bundle())) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in change(files).items():
            packed.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def look(tmp_path):
    def verified(data, trusted=None):
        file = tmp_path / "evidence.zip"
        file.write_bytes(data)
        return verify(file, trusted)

    return verified


def test_a_bundle_as_it_was_signed_is_fine_and_says_what_that_proves(look):
    found = look(bundle())
    assert (found.wrong, found.missing) == ((), ["no pictures for 3 s"])
    assert "key that lies in the bundle itself" in found.proves
    assert "key that you named" in look(bundle(), Trusted(OURS.public)).proves
    assert look(bundle(), Trusted(fingerprint=OURS.public.fingerprint.upper())).wrong == ()


def test_one_changed_bit_of_a_video_is_named(look):
    video = bytearray(PIECES[0].data)
    video[5000] ^= 1
    assert look(altered(lambda files: files | {"video/lobby.mp4": bytes(video)})).wrong == (
        "video/lobby.mp4 was altered",
    )


def test_what_was_removed_added_or_repeated_is_named(look):
    gone = altered(lambda files: {name: data for name, data in files.items() if name != "events.csv"})
    assert look(gone).wrong == ("events.csv was removed",)
    more = altered(lambda files: files | {"video/other.mp4": b"x"})
    assert look(more).wrong == ("video/other.mp4 was added, nobody signed it",)
    out = io.BytesIO(bundle())
    with zipfile.ZipFile(out, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("events.csv", b"time,who\n0,nobody\n")
    assert "events.csv is there twice" in look(out.getvalue()).wrong


def test_a_manifest_that_fits_altered_files_has_no_signature_that_fits(look):
    def forge(files):
        told = json.loads(files["manifest.json"])
        told["missing"] = []
        return files | {"manifest.json": json.dumps(told).encode()}

    (wrong,) = look(altered(forge)).wrong
    assert wrong.startswith("manifest.json was altered after it was signed")
    unsigned = altered(lambda files: {name: data for name, data in files.items() if name != "manifest.sig"})
    assert look(unsigned).wrong == ("manifest.sig is missing: nothing says who made this",)


def test_a_bundle_signed_anew_by_somebody_else_is_told_from_ours_by_the_key_alone(look):
    forged = bundle(THEIRS)
    assert look(forged).wrong == ()  # which is why the answer says what it proves
    assert look(forged).fingerprint == THEIRS.public.fingerprint
    assert "signed with another key" in look(forged, Trusted(OURS.public)).wrong[0]
    assert "signed with another key" in look(forged, Trusted(fingerprint=OURS.public.fingerprint)).wrong[0]


def test_a_file_that_unpacks_to_more_than_was_signed_is_not_unpacked(look):
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle())) as packed, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        for name in packed.namelist():
            out.writestr(name, bytes(50_000_000) if name == "events.csv" else packed.read(name))
    assert look(bomb.getvalue()).wrong == ("events.csv was altered (it is longer, or cannot be read)",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no zip file"),
        (b"PK\x03\x04 and no more", "no zip file"),
        (altered(lambda _: {"readme.txt": b"hello"}), "no evidence of Doorwatch"),
        (altered(lambda files: files | {"manifest.json": b"[1, 2"}), "cannot be read"),
        (altered(lambda files: files | {"manifest.json": b'{"files": 3, "format": 1}'}), "cannot be read"),
        (altered(lambda files: files | {"manifest.json": b'{"files": [], "format": "doorwatch-evidence/9"}'}), "newer"),
        (altered(lambda files: files | {"manifest.json": b"[" * 100_000}), "cannot be read"),
    ],
)
def test_what_is_no_bundle_is_refused_in_a_sentence(look, data, says):
    with pytest.raises(NoBundleError, match=says):
        look(data)


def test_keys_that_cannot_be_used_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(EvidenceKeyError, match="PEM"):
        PublicKey.read(b"no key")
    with pytest.raises(NoBundleError, match="there is no file"):
        verify(tmp_path / "nothing.zip")
    assert same_fingerprint("AB:CD ef", "abcdef")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_to_the_file_goes_unnoticed_or_fails_otherwise(look, data):
    """Wherever bytes are changed: refused, or told as altered, or in a place of the zip file that holds nothing of it."""
    whole = bundle()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= data.draw(st.integers(1, 255))
    try:
        found = look(bytes(damaged))
    except NoBundleError:
        return
    if not found.wrong:
        with zipfile.ZipFile(io.BytesIO(bytes(damaged))) as packed, zipfile.ZipFile(io.BytesIO(whole)) as former:
            assert {name: packed.read(name) for name in packed.namelist()} == {
                name: former.read(name) for name in former.namelist()
            }


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing: apt-get install openssl")
def test_the_signature_is_checked_by_openssl_as_the_bundle_tells(tmp_path):
    with zipfile.ZipFile(io.BytesIO(bundle())) as packed:
        packed.extractall(tmp_path)
        readme = packed.read("READ-ME.txt").decode()
    line = next(line.strip() for line in readme.splitlines() if line.strip().startswith("openssl "))
    done = subprocess.run(line.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully")
