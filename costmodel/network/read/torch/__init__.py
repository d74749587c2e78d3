"""Capture of a PyTorch model's forward pass: what really runs, without weights or data.

The forward runs once on the meta device, where tensors have shapes and no numbers:

- `state` lends the model parameters without storage and takes them back afterwards;
- `dispatch` sees every operator below autograd and hands it to a rule;
- `products` has the rules of convolutions and matrix products, `operators` the kinds of the rest;
- `quick` and `modules` give the results of operators and layers whose output shape is plain without
  running PyTorch's kernels, which is most of the time a capture takes;
- `recorder` keeps the list of operations, `run` decides between the ways to run a forward.
"""
