"""Single sign-on by OpenID Connect: who somebody is, told by a provider that the operator of the server named."""

from doorwatch.accounts.sign_on.desk import Arrival, Beginning, SingleSignOn
from doorwatch.accounts.sign_on.errors import ProviderError, SignOnError, SignOnRefusedError
from doorwatch.accounts.sign_on.rules import SignOnRules, WithoutGroup

__all__ = [
    "Arrival",
    "Beginning",
    "ProviderError",
    "SignOnError",
    "SignOnRefusedError",
    "SignOnRules",
    "SingleSignOn",
    "WithoutGroup",
]
