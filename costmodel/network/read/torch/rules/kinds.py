"""Kinds of ATen operators: which column the work of everything that is no product stands in."""

from __future__ import annotations

from costmodel.network.read.torch.operators import OPERATORS

_NAMES = {
    "norm": """
        batch_norm native_batch_norm _native_batch_norm_legit
        _native_batch_norm_legit_no_training _batch_norm_no_update _batch_norm_with_update
        cudnn_batch_norm miopen_batch_norm layer_norm native_layer_norm group_norm
        native_group_norm instance_norm rms_norm _fused_rms_norm
    """,
    "activation": """
        relu relu6 hardtanh hardswish hardsigmoid silu gelu sigmoid tanh softmax _softmax
        log_softmax _log_softmax _safe_softmax _masked_softmax leaky_relu elu celu selu prelu
        _prelu_kernel mish softplus log_sigmoid_forward log_sigmoid threshold glu hardshrink
        softshrink softsign tanhshrink rrelu_with_noise rrelu
    """,
    "pool": """
        max_pool1d max_pool2d max_pool3d max_pool2d_with_indices max_pool3d_with_indices
        avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d
        adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool1d
        adaptive_max_pool2d adaptive_max_pool3d fractional_max_pool2d fractional_max_pool3d
        mean sum nansum prod amax amin aminmax max min argmax argmin var std var_mean std_mean
        any all logsumexp norm linalg_vector_norm cumsum cumprod logcumsumexp count_nonzero
        median mode histc bincount
    """,
    "elementwise": """
        add sub rsub mul div true_divide floor_divide remainder fmod pow square sqrt rsqrt exp
        exp2 expm1 log log2 log10 log1p neg abs sign sgn reciprocal floor ceil round trunc frac
        clamp clamp_min clamp_max where maximum minimum fmax fmin eq ne lt le gt ge logical_and
        logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not
        bitwise_left_shift bitwise_right_shift __lshift__ __rshift__ isnan isinf isfinite
        isposinf isneginf nan_to_num sin cos tan asin acos atan atan2 sinh cosh asinh acosh
        atanh erf erfc erfinv sigmoid_backward lerp addcmul addcdiv masked_fill tril triu
        native_dropout dropout alpha_dropout feature_dropout bernoulli angle polar complex
        _weight_norm_interface _weight_norm upsample_bilinear2d upsample_bicubic2d
        upsample_linear1d upsample_trilinear3d _upsample_bilinear2d_aa _upsample_bicubic2d_aa
        col2im hypot copysign logaddexp logaddexp2 xlogy deg2rad rad2deg heaviside
        addr
        index_add scatter_add scatter_reduce normal uniform rand randn rand_like randn_like
        randint randperm linspace logspace random exponential logit sinc isin
    """,
    "embedding": "embedding embedding_bag _embedding_bag _embedding_bag_forward_only",
    "shape": """
        view _unsafe_view reshape _reshape_alias _reshape_copy view_as permute transpose t expand
        expand_as slice select squeeze unsqueeze cat concat stack split split_with_sizes
        unsafe_split unsafe_split_with_sizes unbind chunk unsafe_chunk clone copy contiguous
        constant_pad_nd pad reflection_pad1d reflection_pad2d reflection_pad3d
        replication_pad1d replication_pad2d replication_pad3d roll flip rot90 index gather
        index_select take take_along_dim scatter index_put _index_put_impl _unsafe_index
        _unsafe_index_put index_copy index_fill masked_scatter select_scatter slice_scatter
        repeat repeat_interleave tile pixel_shuffle pixel_unshuffle channel_shuffle unfold
        im2col detach alias lift lift_fresh lift_fresh_copy full full_like zeros zeros_like ones
        ones_like empty empty_like empty_strided new_empty new_empty_strided new_zeros new_ones
        new_full arange fill zero as_strided diagonal diag diag_embed _to_copy to type_as
        view_as_real view_as_complex _conj real imag resolve_conj resolve_neg upsample_nearest1d
        upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d
        _upsample_nearest_exact2d _upsample_nearest_exact3d narrow movedim swapaxes
        tril_indices triu_indices eye scalar_tensor one_hot meshgrid cartesian_prod
        resize set broadcast_tensors broadcast_to flatten unflatten squeeze_copy expand_copy
        unsqueeze_copy permute_copy _local_scalar_dense item is_same_size bucketize
        searchsorted _assert_async _assert_scalar _assert_tensor_metadata sym_size sym_numel
        sym_stride stride size numel
        dim is_contiguous sym_storage_offset _nested_tensor_size masked_select nonzero
        native_channel_shuffle alias_copy detach_copy block_diag column_stack hstack vstack
        dstack atleast_1d atleast_2d atleast_3d rename refine_names
        _efficientzerotensor _has_same_storage_numel _fw_primal _make_dual _unpack_dual
    """,
}
for _kind, _names in _NAMES.items():
    OPERATORS.declare(_names.split(), kind=_kind)

_VALUES = """
    _local_scalar_dense item nonzero nonzero_static masked_select unique _unique _unique2 unique_dim
    unique_consecutive equal is_nonzero bincount repeat_interleave_tensor
"""
OPERATORS.declare(_VALUES.split(), values=True)
