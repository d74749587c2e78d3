"""What a marker in a document may ask for, one file per kind of answer."""
