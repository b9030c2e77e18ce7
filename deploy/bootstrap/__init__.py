"""A bare Debian becomes the practice's server: what shall be there, and how it comes to be."""
