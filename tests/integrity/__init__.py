"""The room of integrity."""
