"""Physical access control systems: what any of them must provide, and one folder for each."""
