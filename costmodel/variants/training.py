"""Properties of the weights or of their training: the stages are those of the standard layer."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "quantised",
    "m, n m i j -> n",
    title="quantised convolution",
    summary="A standard convolution with weights of bw bits and activations of ba bits: as many "
    "multiplies, on shorter words.",
    reference="Jacob et al., Quantization and training of neural networks for efficient "
    "integer-arithmetic-only inference, CVPR 2018, arXiv:1712.05877",
    family="training",
    hyper={
        "bw": Hyper(8, "bits per weight", upto="32"),
        "ba": Hyper(8, "bits per activation", upto="32"),
    },
    weight_bits="bw",
    activation_bits="ba",
    gives_up="Weights have bw bits and activations ba, and so less precision.",
    wins="Where the processor has short integer arithmetic, or memory is the budget.",
    note="Parameters and multiplies stay; what shrinks is their bytes and bit operations. The "
    "scale factors (one per layer or per output channel) are not counted.",
    claims=(
        Claim("params", "k^2*m*n"),
        Claim("macs", "k^2*m*n*h*w"),
        Claim("weight_bytes", "ceil(k^2*m*n*bw/8)"),
        Claim("bops", "k^2*m*n*h*w*bw*ba"),
    ),
)

# Flops of a singular-value decomposition P×Q, P >= Q, with singular values, Q left and all right
# singular vectors, by R-bidiagonalisation: 6PQ² + 20Q³ (Golub, Van Loan, Matrix Computations, 4th
# ed., 2013, figure 8.6.1). The vectors are needed: the penalty's subgradient is U Vᵀ.
declare(
    "nuclear_norm",
    "m, n m i j -> n",
    title="nuclear-norm regularisation",
    summary="A standard convolution trained with a penalty on the sum of the singular values of "
    "its unfolded k²m × n kernel, which drives it towards low rank.",
    reference="Alvarez, Salzmann, Compression-aware training of deep networks, NIPS 2017, "
    "arXiv:1711.02638; operation count: Golub, Van Loan, Matrix Computations, 4th edition, 2013, "
    "figure 8.6.1",
    family="training",
    hyper={"T": Hyper(1, "training steps from one decomposition to the next", upto="100")},
    every="T",
    training="6*max(taps*m, n)*min(taps*m, n)^2 + 20*min(taps*m, n)^3",
    gives_up="It saves nothing until it is truncated, and training takes longer.",
    wins="Before a low-rank variant replaces the layer: the rank to cut at then costs little "
    "accuracy.",
    note="Counts change only once the trained kernel is truncated to rank r, which is the channel "
    "SVD; until then one training step in T costs a singular-value decomposition more. "
    "`cm.torch.nuclear_norm` is the penalty, for T = 1, and `cm.torch.Shrinkage` its proximal step "
    "every T steps.",
    claims=(
        Claim("params", "k^2*m*n"),
        Claim("macs", "k^2*m*n*h*w"),
    ),
)
