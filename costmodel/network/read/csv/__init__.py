"""Networks as tables of layers."""
