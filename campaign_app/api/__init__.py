"""What other systems may read: petitions, numbers, letters and what became of them, as JSON, OSDI and feeds."""
