"""Reading ONNX files: what a graph runs, from its shapes alone.

`loading` reads a file that nobody vouches for and checks it before use, `shapes` finds every
tensor's shape, `rules` say what convolutions and matrix products multiply, `operators` the kinds
of the rest, `constants` tells parameters from other constants, `graph` puts the operations
together. Of weights only the shapes are read; of what is only added, multiplied or normalised by
also how many numbers differ (`numbers`).
"""
