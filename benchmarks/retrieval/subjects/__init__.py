"""What is measured; each module but ours needs only its own package."""
