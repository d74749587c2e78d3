"""What the address holds, what sessions share, and how the server starts."""
