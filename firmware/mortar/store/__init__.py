"""What must survive: one SQLite file in the data folder, readable by its user alone."""
