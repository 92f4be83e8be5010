"""Full stores: folders that hold a whole run, to be carried away and replayed."""
