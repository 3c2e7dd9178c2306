"""Sealed backups of the database, and their way back: the only room that replaces every row at once."""
