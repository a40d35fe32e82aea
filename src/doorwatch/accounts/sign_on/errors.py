"""What can go wrong between a person, this server and the provider; each says who mends it and how."""

from doorwatch.domain.errors import DoorwatchError


class SignOnError(DoorwatchError):
    """A sign-in that can't be finished; beginning again may help."""


class ProviderError(SignOnError):
    """The provider is away, or answers what can't be used: whoever runs the server, or the provider, has to look."""


class SignOnRefusedError(SignOnError):
    """The provider said who it is, and that person may not come in."""
