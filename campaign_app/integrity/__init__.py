"""What stands out among the signatures; taking them out by a rule, and putting them back; totals from elsewhere."""
