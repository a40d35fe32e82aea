"""What alerts follow beside verdicts: moments that searches find, what doors and gateways say, and what nobody reviews."""
