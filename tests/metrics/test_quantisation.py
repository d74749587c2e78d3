"""Bit operations are those of the paper that is cited for them, and it is cited once."""

from __future__ import annotations

import costmodel as cm

LAYER = cm.ConvLayer((3, 5), 6, 10, (9, 7))


def test_bit_operations_are_the_product_of_the_word_lengths() -> None:
    """Bayesian Bits: b_w·b_a per multiply. UNIQ adds b_w + b_a + log₂(products per output)."""
    counts = cm.count("quantised", LAYER, bw=5, ba=7)
    assert counts["bops"] == 35 * counts.macs
    assert "arXiv:2005.07093" in cm.METRICS["bops"].source


def test_the_source_of_a_metric_stands_with_the_metric_alone() -> None:
    assert any(metric.source for metric in cm.METRICS.values())
    references = [variant.reference for variant in cm.VARIANTS.values()]
    assert not [text for text in references if "bit operations" in text]
    for metric in cm.METRICS.values():
        assert not metric.source or metric.source not in references
