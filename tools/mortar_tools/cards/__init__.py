"""The bundled vision-language model: the world of picture cards, its recipe and its evaluation."""
