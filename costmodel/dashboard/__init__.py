"""The dashboard's pages: widgets → one library call → figures. No arithmetic in here."""
