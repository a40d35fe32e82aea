"""People and machines that sign in, as rows: members, sessions, factors, invitations, tokens, what is shared with them."""
