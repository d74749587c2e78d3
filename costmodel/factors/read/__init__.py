"""Where weights come from: files that are never executed, and models of the user's own."""
