"""Vision encoders for every unit: towers, their conversion, and what is measured of them."""
