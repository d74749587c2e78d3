"""Measured time, and a model of it that says how wrong it may be.

`measure` times variants and layers by interleaved rounds and keeps every finished round in a store;
`calibrate` measures a designed set of layers; `predict` gives seconds with an interval for a layer,
a variant or a network. Only measuring imports torch, only predicting scikit-learn.
"""
