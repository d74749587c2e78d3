"""Kinds of ONNX operators: which column the work of everything that is no product stands in."""

from __future__ import annotations

_NAMES = {
    "norm": """
        BatchNormalization InstanceNormalization LayerNormalization GroupNormalization
        RMSNormalization SimplifiedLayerNormalization SkipLayerNormalization
        SkipSimplifiedLayerNormalization LRN LpNormalization MeanVarianceNormalization
    """,
    "activation": """
        Relu LeakyRelu PRelu Elu Celu Selu Sigmoid HardSigmoid HardSwish Softmax LogSoftmax Hardmax
        Softplus Softsign Tanh ThresholdedRelu Gelu Mish Swish FastGelu QuickGelu QLinearSigmoid
        QLinearLeakyRelu QLinearSoftmax Shrink BiasGelu
    """,
    "pool": """
        MaxPool AveragePool GlobalAveragePool GlobalMaxPool GlobalLpPool LpPool ReduceMean ReduceSum
        ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp
        ReduceSumSquare ArgMax ArgMin CumSum MaxRoiPool QLinearAveragePool
        QLinearGlobalAveragePool
    """,
    "elementwise": """
        Add Sub Mul Div Mod Pow Sqrt Exp Log Neg Abs Sign Reciprocal Floor Ceil Round Clip Where Max
        Min Mean Sum And Or Xor Not Equal Greater GreaterOrEqual Less LessOrEqual IsNaN IsInf Sin
        Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf BitShift BitwiseAnd BitwiseOr
        BitwiseXor BitwiseNot QuantizeLinear DequantizeLinear DynamicQuantizeLinear Dropout
        QLinearAdd QLinearMul Resize Upsample Trilu Bernoulli RandomNormal RandomNormalLike
        RandomUniform RandomUniformLike
    """,
    "embedding": "EmbedLayerNormalization",
    "shape": """
        Reshape Transpose Flatten Squeeze Unsqueeze Concat Split Slice Pad Tile Expand Gather
        GatherElements GatherND ScatterElements ScatterND Scatter Shape Size Constant
        ConstantOfShape Identity Cast CastLike Range EyeLike DepthToSpace SpaceToDepth
        ReverseSequence OneHot Compress NonZero QLinearConcat Col2Im CenterCropPad BitCast
        ConcatFromSequence SequenceAt SequenceConstruct SplitToSequence
    """,
}

#: Operator type → its kind.
KIND_OF = {name: kind for kind, names in _NAMES.items() for name in names.split()}

#: Operators that hand a constant on with the same elements, so that it stays the same parameter.
_SAME_ELEMENTS = """
    Identity Cast CastLike Reshape Squeeze Unsqueeze Flatten Transpose DequantizeLinear
    QuantizeLinear
"""
SAME_ELEMENTS = frozenset(_SAME_ELEMENTS.split())

#: Operators whose result is their first input in another shape, in the same memory.
VIEWS = frozenset(("Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"))
#: Types of floating-point numbers, TensorProto's FLOAT, FLOAT16, DOUBLE and BFLOAT16.
FLOATS = (1, 10, 11, 16)


def kind_of(operator: str) -> str:
    """The kind of an operator, "other" where nothing here models it."""
    return KIND_OF.get(operator, "other")
