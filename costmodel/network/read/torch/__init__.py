"""Capture of a PyTorch model's forward pass: what really runs, without weights or data.

The forward runs once on the meta device, where tensors have shapes and no numbers:

- `state` lends the model parameters without storage and takes them back afterwards;
- `dispatch` sees every operator below autograd and hands it to a rule;
- `operators` is the table of them, a row each, which the files of `rules` fill: kinds, products,
  results without kernels, shapes with letters;
- `modules` gives the results of whole layers without going into them, which together with the
  results without kernels is most of the time that a capture takes;
- `recorder` keeps the list of operations, `run` decides between the ways to run a forward;
- `outside` follows a forward into the threads that it starts, and sees what leaves PyTorch.
"""
