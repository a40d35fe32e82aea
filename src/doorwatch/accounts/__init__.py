"""Who may do what: users and their roles, sessions of browsers, tokens of machines, and the trail of what was done."""

from doorwatch.accounts.roles import Role, Scope, TokenKind
from doorwatch.accounts.service import Accounts
from doorwatch.accounts.sessions import Session, SignedIn, Visit
from doorwatch.accounts.setup import SetupLinkError
from doorwatch.accounts.throttle import TooManyAttemptsError
from doorwatch.accounts.tokens import NewToken
from doorwatch.accounts.users import AccountsError, WrongCredentialsError

__all__ = [
    "Accounts",
    "AccountsError",
    "NewToken",
    "Role",
    "Scope",
    "Session",
    "SetupLinkError",
    "SignedIn",
    "TokenKind",
    "TooManyAttemptsError",
    "Visit",
    "WrongCredentialsError",
]
