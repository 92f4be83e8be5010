"""Will it run, and why: recipes, decisions and plans, without touching disk, clock or log."""
