"""Letters: from a petition and its numbers to what a diplomat's office accepts, and what became of it."""
