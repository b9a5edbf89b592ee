"""What `mortar doctor` finds out, and the report that it makes of it."""
