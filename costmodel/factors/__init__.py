"""Real weights as factors: errors beside costs, ranks to choose, files to read and to write."""
