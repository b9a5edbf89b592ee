"""How much of what is asked the ears understand, and how often other speech is taken for a command."""
