"""The sandbox side by side with starting an interpreter for each run, bare and in bubblewrap."""
