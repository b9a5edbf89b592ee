"""Picture cards to print or to show: what the bundled model knows, as drawings."""
