"""What is shut in an emergency: signing, shown names; and what the worker still has to do for it."""
