"""The command line: one file per command; a command is parse, one library call, print."""
