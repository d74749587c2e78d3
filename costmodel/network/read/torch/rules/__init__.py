"""What is known of PyTorch's operators: kinds, products, results without kernels, shapes."""
