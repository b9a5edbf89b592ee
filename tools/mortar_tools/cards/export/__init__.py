"""From a checkpoint to the files of a model folder: one module a format, `command` ties them together."""
