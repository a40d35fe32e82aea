"""What a mail server's refusal means for the people who can mend it (RFC 3463's codes, and RFC 5321's where there is none)."""

import re

_CODE = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")

_NOBODY = "nobody has this address there: correct it, at the recipients or with the badge holder"
_NO_DOMAIN = "there is no such mail domain: correct what follows the @"
_FULL = "the mailbox is full: its owner has to make room"
_TOO_LARGE = "the mail is too large for this server: allow 1 MB, or leave {{snapshot}} out of the template"
_NOT_ALLOWED = (
    "the mail server does not let this sender send there: allow this machine to relay, or set user and password"
)
_UNPROVED = (
    "the sender's domain does not vouch for this server: publish SPF and DKIM for it, or send as another address"
)
_DISABLED = "the mailbox is closed: ask its owner, or take the address off"
_BUSY = "the mail server is busy or wants to see the mail again: nothing needs to be done"

_BY_STATUS = {
    "1.1": _NOBODY,
    "1.2": _NO_DOMAIN,
    "1.3": _NOBODY,
    "1.6": _NOBODY,
    "1.10": _NO_DOMAIN,
    "1.7": "the mail server does not take this sender's address: correct From",
    "1.8": "the mail server does not know the sender's domain: correct From",
    "2.1": _DISABLED,
    "2.2": _FULL,
    "2.3": _TOO_LARGE,
    "3.1": "the mail server's disk is full: tell its administrator",
    "3.4": _TOO_LARGE,
    "4.1": "the mail server cannot reach the recipient's: tell its administrator if it stays so",
    "4.4": _NO_DOMAIN,
    "7.0": _NOT_ALLOWED,
    "7.1": _NOT_ALLOWED,
    "7.8": "user or password is wrong: correct them",
    "7.20": _UNPROVED,
    "7.23": _UNPROVED,
    "7.26": _UNPROVED,
    "7.27": _UNPROVED,
}
_BY_REPLY = {
    421: _BUSY,
    450: _BUSY,
    451: _BUSY,
    452: "the mail server lacks room at the moment: tell its administrator if it stays so",
    530: "the mail server wants a login or encryption first: set user and password, or STARTTLS",
    535: "user or password is wrong: correct them",
    551: _NOBODY,
    552: _TOO_LARGE,
    553: "the mail server does not take this address: correct it",
}


def meaning(reply: int, words: str) -> str:
    """What to do about a refusal, as the end of a sentence; empty when the server's words must do."""
    status = _CODE.search(words)
    if status is None:
        return _BY_REPLY.get(reply, "")
    known = _BY_STATUS.get(f"{status[2]}.{status[3]}", "")
    # Greylisting says 4.7.1 to everybody once: that is no lack of rights.
    if status[1] == "4" and (status[2] == "7" or not known):
        return _BUSY
    return known
