"""Care of a cache folder: what lies there, what of it may go, and what the folder can do."""
