"""Pictures are cut into packets that can be put together again, and reports tie timestamps to the clock."""

import struct

from doorwatch.domain.time import SECOND
from doorwatch.simulators.camera.rtp import Packetiser

AT = 1_790_000_000 * SECOND


def _put_together(packets):
    """Units out of H.264 packets (RFC 6184: single units and FU-A)."""
    units = []
    for packet in packets:
        payload = packet[12:]
        if payload[0] & 0x1F != 28:
            units.append(payload)
        elif payload[1] & 0x80:
            units.append(bytes([payload[0] & 0x60 | payload[1] & 0x1F]) + payload[2:])
        else:
            units[-1] += payload[2:]
    return units


def test_large_units_are_cut_and_can_be_put_together_again():
    units = [b"\x67" + b"s" * 20, b"\x65" + bytes(range(256)) * 20, b"\x41" + b"x" * 1399, b"\x41" + b"y" * 1400]
    packets = list(Packetiser("h264", 1, 0, 0).picture(units, AT))
    assert _put_together(packets) == units
    assert max(len(packet) for packet in packets) <= 1500


def test_only_the_last_packet_of_a_picture_is_marked():
    packets = list(Packetiser("h264", 1, 0, 0).picture([b"\x65" + b"x" * 5000, b"\x41y"], AT))
    assert [bool(packet[1] & 0x80) for packet in packets] == [False] * (len(packets) - 1) + [True]


def test_sequence_numbers_run_on_and_over():
    source = Packetiser("h264", 7, 65_534, 0)
    numbers = [struct.unpack(">H", p[2:4])[0] for _ in range(2) for p in source.picture([b"\x41a", b"\x41b"], AT)]
    assert numbers == [65_534, 65_535, 0, 1]


def test_timestamps_count_ninety_thousand_a_second():
    source = Packetiser("h264", 1, 0, 12_345)
    (one,) = source.picture([b"\x41"], AT)
    (two,) = source.picture([b"\x41"], AT + SECOND)
    assert (struct.unpack(">I", two[4:8])[0] - struct.unpack(">I", one[4:8])[0]) & 0xFFFFFFFF == 90_000


def test_a_report_tells_the_moment_of_its_timestamp():
    source = Packetiser("h264", 99, 0, 5)
    list(source.picture([b"\x41abc"], AT))
    report = source.sender_report(AT + SECOND // 2)
    seconds, fraction, timestamp, packets, octets = struct.unpack(">IIIII", report[8:28])
    assert seconds - 2_208_988_800 == AT // SECOND
    assert fraction / 2**32 == 0.5
    assert timestamp == source.timestamp(AT + SECOND // 2)
    assert (packets, octets) == (1, 4)


def test_hevc_units_are_cut_with_their_own_header():
    unit = bytes([19 << 1, 1]) + bytes(3000)
    packets = [packet[12:] for packet in Packetiser("hevc", 1, 0, 0).picture([unit], AT)]
    assert all((packet[0] >> 1 & 0x3F) == 49 for packet in packets)
    assert [packet[2] & 0xC0 for packet in packets] == [0x80, 0, 0x40]
    assert all(packet[2] & 0x3F == 19 for packet in packets)
    assert b"".join(packet[3:] for packet in packets) == unit[2:]
