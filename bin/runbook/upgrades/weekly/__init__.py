"""What a week's drift leaves for a team: records, issues, constraints, and branches that carry them."""
