"""Updates to supporters: written per language, approved, sent to those who asked, and stopped by one press."""
