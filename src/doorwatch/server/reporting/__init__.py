"""Reports: counted for a time, drawn on paper, and mailed by day, week or month."""
