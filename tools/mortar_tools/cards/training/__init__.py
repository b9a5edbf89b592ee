"""From the recipe and the pool of scenes to a checkpoint."""
