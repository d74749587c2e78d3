"""The referee: every other counter's number beside the exact one, the difference itemised.

- `record`, `recording`: one forward, watched from the heights that counters look from;
- `convention`, `rules`, `causes`: how a counter counts, as rules that are switched on in turn;
- `tools/`: the counters, one file each; `process`, `worker`: asked in processes of their own;
- `cases`, `conformance`, `page`: small convolutions of every kind, who is right where, as data.

Nothing but a recording and the workers imports PyTorch.
"""
