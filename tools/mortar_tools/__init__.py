"""What runs on the developer's computer: recipes, converters, evaluations, benches."""
