"""Reading ONNX files: what a graph runs, from its shapes alone.

`loading` reads a file that nobody vouches for and checks it before use, `shapes` finds every
tensor's shape, `rules` say what convolutions and matrix products multiply, `operators` the kinds
of the rest, `graph` puts the operations together. Weights are never read, only their shapes.
"""
