"""Where producers post: lean routes, msgspec, one transaction a request; a 2xx means committed."""
