"""The kit itself: what it is made of, its signed releases, and how a new one comes into a clone."""
