"""Keys, tags, sealed contacts and sealed mail: what a stolen disk cannot read, and what can be destroyed."""
