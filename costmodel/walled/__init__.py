"""Work on somebody else's behalf, in a process that can be ended and has limits of its own."""
