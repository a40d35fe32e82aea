"""Whether the provider of single sign-on answers as the settings say: nobody should find out by being locked out."""

import asyncio

from doorwatch.domain.time import SystemClock
from doorwatch.server.settings import Settings
from doorwatch.server.signing_on import provider_of
from doorwatch.store.invariants import Found


def provider_answers(settings: Settings) -> Found:
    """Ask for its document, which changes nothing there. Raises ProviderError with what is wrong."""
    provider = provider_of(settings, SystemClock())
    if provider is None:
        return Found(0)
    asyncio.run(provider.document())
    return Found(1)
