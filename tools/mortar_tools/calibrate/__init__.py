"""When an answer may be relied on: thresholds of the self-tests, set on questions that nobody trained on."""
