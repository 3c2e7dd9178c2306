"""The path of a signature: petition page, sign, confirm, my signature, withdraw, erase; numbers; recount."""
