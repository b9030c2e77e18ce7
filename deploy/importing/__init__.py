"""An existing site moves in: its pages as Markdown to complete, its addresses as redirects."""
