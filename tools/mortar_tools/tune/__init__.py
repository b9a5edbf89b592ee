"""Resolution, tokens and stride chosen together: which ways of looking are worth their cost on a board."""
