"""Camera addresses without the passwords that stand in them."""

import re

MASK = "***"
_SECRETS = (
    # The second form is no address, but somebody's password with a slash in it, which must not be told for that.
    re.compile(r"(://[^/@\s:\[]*:)([^/\s]*|(?!\d+/)[^/\s]*/\S*)(@)"),
    # Some cameras take no sign-in but in the path: `?user=a&password=b`, `/user=a_password=b_channel=1`
    re.compile(r"((?<![a-z])(?:password|passwd|pass|pwd)=)([^&?#\s]*)()", re.IGNORECASE),
)


def masked(url: str) -> str:
    """An address with three asterisks for each password."""
    for secret in _SECRETS:
        url = secret.sub(rf"\1{MASK}\3", url)
    return url


def unmasked(url: str, former: str) -> str:
    """An address as it is to be stored: one that came back masked keeps the passwords that it had in the `former` one."""
    for secret in _SECRETS:
        url = _restored(secret, url, former)
    return url


def _restored(secret: re.Pattern[str], url: str, former: str) -> str:
    known = iter([found[1] for found in secret.findall(former)])

    def told(found: re.Match[str]) -> str:
        before = next(known, MASK)
        return f"{found[1]}{before if found[2] == MASK else found[2]}{found[3]}"

    return secret.sub(told, url)
