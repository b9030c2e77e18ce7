"""What runs on the server as the forced command of every key: the standard library, and no more."""
