"""SigLIP-shaped vision towers: one torch module for the bundled model's and for those of others."""
