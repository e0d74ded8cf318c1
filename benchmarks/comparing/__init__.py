"""Side by side with peers, each in its own interpreter: what all such benchmarks share."""
