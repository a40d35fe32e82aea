"""The few pieces of MIME of which mails are made, as bytes with the line ends of SMTP (RFC 2045 to 2047, RFC 2387)."""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from email.header import Header
from email.utils import formataddr

_WIDTH = 76
_END = b"\r\n"


def unstructured(name: str, value: str) -> str:
    """The value of a header that holds words, folded and encoded where it must be; `value` is one line."""
    if value.isascii() and len(name) + 2 + len(value) <= _WIDTH:
        return value
    charset = "us-ascii" if value.isascii() else "utf-8"
    return Header(value, charset, maxlinelen=_WIDTH, header_name=name).encode(linesep="\r\n")


def mailbox(name: str, address: str) -> str:
    """A name and an address as From wants them; the name is one line."""
    if not name:
        return address
    if name.isascii() and address.isascii():
        return formataddr((name, address))
    shown = unstructured("From", name) if not name.isascii() else formataddr((name, "a@b"))[: -len(" <a@b>")]
    return f"{shown}{_fold(shown)}<{address}>"


def _fold(shown: str) -> str:
    return "\r\n " if len(shown) > _WIDTH // 2 else " "


def text_part(subtype: str, text: str) -> bytes:
    """Text in quoted-printable, plain or html."""
    lines = re.sub(r"\r\n|\r|\n", "\r\n", text).encode("utf-8", "replace")
    body = binascii.b2a_qp(lines if lines.endswith(_END) else lines + _END, istext=True)
    kind = (("Content-Type", f'text/{subtype}; charset="utf-8"'), ("Content-Transfer-Encoding", "quoted-printable"))
    return headed(kind, body, own=True)


def picture_part(picture: bytes, content_id: str) -> bytes:
    """A JPEG that stands in the mail, named for the page to refer to."""
    kind = (
        ("Content-Type", "image/jpeg"),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-ID", f"<{content_id}>"),
        ("Content-Disposition", 'inline; filename="door.jpg"'),
    )
    return headed(kind, base64.encodebytes(picture).replace(b"\n", _END), own=True)


def multipart(subtype: str, parts: Sequence[bytes]) -> bytes:
    """Several parts in one. No part that is encoded can hold the boundary: neither encoding writes `=_`."""
    boundary = f"=_doorwatch_{subtype}"
    dashes = b"--" + boundary.encode()
    more = '; type="text/html"' if subtype == "related" else ""
    pieces = [piece for part in parts for piece in (dashes + _END, part, _END)]
    body = b"".join([*pieces, dashes, b"--", _END])
    return headed((("Content-Type", f'multipart/{subtype}; boundary="{boundary}"{more}'),), body, own=True)


def headed(head: Iterable[tuple[str, str]], rest: bytes, *, own: bool = False) -> bytes:
    """Headers before a body (`own`), or a mail's headers before a part that has headers of its own."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in head).encode()
    return lines + (_END if own else b"MIME-Version: 1.0\r\n") + rest
