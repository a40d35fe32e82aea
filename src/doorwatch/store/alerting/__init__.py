"""What is told to people, as rows: the outbox, silences, conditions that last, links in mails."""
