"""Every number that leaves the house: growing cells, the statement, suppressed breakdowns."""
