"""The process that reads cameras: it records, counts and reports."""
