"""Reports: one file to send, that opens from disk and counts at other sizes without Python."""
