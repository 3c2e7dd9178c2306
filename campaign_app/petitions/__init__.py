"""The demand: its texts and their versions, addressees, goals, updates and states."""
