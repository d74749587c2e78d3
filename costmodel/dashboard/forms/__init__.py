"""Groups of widgets that pages share."""
