"""How the dashboard is served: the script that runs for every visitor, and its headers."""
