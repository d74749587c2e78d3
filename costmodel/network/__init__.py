"""Whole networks: read any, count exactly, write down the formula, ask what if.

    >>> import costmodel as cm
    >>> cm.load("resnet18").macs
    1814073344

A reader turns a source into a `Network` of `NetOp`s: `from_csv` (a table of layers), `load`
(a shipped network), `from_torch` and `from_onnx` (a model). Only the last two need torch or onnx,
which are imported when they are called.
"""
