"""By what a session was begun, as it is stored and told."""

PASSWORD = "password"  # noqa: S105 - what it is called
SETUP_LINK = "set-up link"
INVITATION = "invitation"
SIGN_ON = "single sign-on"
STRONG_SIGN_ON = "single sign-on with two factors"

_SHOWN = ("code", "passkey")

BY_PROVIDER = frozenset({SIGN_ON, STRONG_SIGN_ON, *(f"{SIGN_ON} and {shown}" for shown in _SHOWN)})
TWO_FACTORS = frozenset(
    {
        STRONG_SIGN_ON,
        *(f"{first} and {shown}" for first in (PASSWORD, INVITATION, SETUP_LINK, SIGN_ON) for shown in _SHOWN),
    }
)


def with_factor(method: str, shown: str) -> str:
    """The same, and a second factor was shown besides: a `code` or a `passkey`."""
    return method if method in TWO_FACTORS else f"{method} and {shown}"
