"""What was done here and by whom: an append-only, hash-chained record. Knows no other room, so that each can write."""
