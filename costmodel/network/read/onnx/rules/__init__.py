"""What ONNX operators multiply: convolutions, and products of matrices."""
