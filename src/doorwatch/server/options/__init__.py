"""What can be set on a server, a file for each subject; `settings` puts them together."""
