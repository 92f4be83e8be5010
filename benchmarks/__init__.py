"""What the engine costs, as a multiple of plain code that handles the same files."""
