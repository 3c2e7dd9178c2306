"""Sheets of signatures: they leave the server sealed and are opened where the secret key is."""
