"""Whether a practice's site says what the law wants said, and nothing it must not say."""
