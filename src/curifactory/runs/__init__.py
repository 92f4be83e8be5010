"""What is kept of each run: history, environment, log, full store."""
