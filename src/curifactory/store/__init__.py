"""Where artifacts lie and how they come to be: slots, commits, locks, metadata."""
