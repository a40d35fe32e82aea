"""By what a session was begun, as it is stored and told."""

PASSWORD = "password"  # noqa: S105 - what it is called
SETUP_LINK = "set-up link"
INVITATION = "invitation"
SIGN_ON = "single sign-on"
STRONG_SIGN_ON = "single sign-on with two factors"

_CODE = "code"

BY_PROVIDER = frozenset({SIGN_ON, STRONG_SIGN_ON, f"{SIGN_ON} and {_CODE}"})
TWO_FACTORS = frozenset(
    {STRONG_SIGN_ON, *(f"{first} and {_CODE}" for first in (PASSWORD, INVITATION, SETUP_LINK, SIGN_ON))}
)


def with_code(method: str) -> str:
    """The same, and a second factor was shown besides."""
    return method if method in TWO_FACTORS else f"{method} and {_CODE}"
