"""Mail: the outbox table, the worker that empties it, the messages, and the jobs that run beside it."""
