"""The search language, its plan in SQL, and suggestions."""
