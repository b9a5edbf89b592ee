"""The world of the picture cards: pictograms, cards, tables, light, and the scenes they make."""
