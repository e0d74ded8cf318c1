"""Where foreign code runs: a service of this process's own, or one elsewhere."""
