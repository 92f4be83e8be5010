"""What the experiment is made of: plain functions, which know nothing of stages and caches."""
