"""Who is told of what: rules, templates, the outbox and its channels."""
