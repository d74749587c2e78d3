"""Forty small forwards that compute with their sizes, in the styles of well-known model libraries.

Each is a function of a `Parts` (its layers) and the input, N × 3 × H × W unless it says otherwise.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn


class Parts(nn.Module):
    """Layers to choose from, and one of the forwards below."""

    def __init__(self, run):
        super().__init__()
        self.run = run
        self.a, self.b = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(3, 6, 1)
        self.c, self.d = nn.Conv2d(6, 6, 3, 2, 1), nn.Conv2d(6, 6, 5, padding=2)
        self.patch4, self.patch8 = nn.Conv2d(3, 6, 4, 4), nn.Conv2d(3, 6, 8, 8)
        self.fc, self.out = nn.Linear(6, 10), nn.Linear(6, 4)
        self.mix = nn.Linear(12, 12)
        self.position = nn.Parameter(torch.zeros(1, 6, 7, 7))

    def forward(self, x):
        return self.run(self, x)


def pad_to_windows(self, x):
    h, w = x.shape[-2:]
    x = self.a(F.pad(x, (0, (7 - w % 7) % 7, 0, (7 - h % 7) % 7)))
    n, c, h, w = x.shape
    x = x.view(n, c, h // 7, 7, w // 7, 7).permute(0, 2, 4, 3, 5, 1).reshape(-1, 49, c)
    return F.scaled_dot_product_attention(x, x, x)


def pad_only_where_needed(self, x):
    h, w = x.shape[-2:]
    if h % 5 != 0 or w % 5 != 0:
        x = F.pad(x, (0, 5 - w % 5, 0, 5 - h % 5))
    return self.a(x)


def windows_that_must_fit(self, x):
    n, c, h, w = x.shape
    assert h % 4 == 0, f"height {h} is no multiple"
    assert w % 4 == 0, f"width {w} is no multiple"
    x = x.view(n, c, h // 4, 4, w // 4, 4).permute(0, 2, 4, 1, 3, 5).reshape(-1, c, 4, 4)
    return self.a(x)


def whole_or_windows(self, x):
    x = self.a(x)
    n, c, h, w = x.shape
    if h <= 14 and w <= 14:
        x = x.flatten(2).transpose(1, 2)
        return F.scaled_dot_product_attention(x, x, x)
    x = F.pad(x, (0, (14 - w % 14) % 14, 0, (14 - h % 14) % 14))
    rows, columns = x.size(2) // 14, x.size(3) // 14
    x = x.view(n, c, rows, 14, columns, 14).transpose(3, 4).reshape(n * rows * columns, c, 196)
    return torch.bmm(x, x.transpose(1, 2))


def no_shift_in_small_maps(self, x):
    x = self.a(x).permute(0, 2, 3, 1)
    window = 7
    shift = 0 if min(x.shape[1:3]) <= window else window // 2
    if shift > 0:
        x = self.fc(torch.roll(x, (-shift, -shift), (1, 2)))
    return x


def positions_resampled(self, x):
    x = self.patch4(x)
    position = self.position
    if x.shape[-2:] != position.shape[-2:]:
        position = F.interpolate(position, size=x.shape[-2:], mode="bicubic")
    return self.d(x + position)


def positions_of_a_sequence(self, x):
    x = self.patch4(x)
    h, w = x.shape[-2:]
    position = self.position.flatten(2)
    if h * w == position.shape[2]:
        return self.fc((x.flatten(2) + position).transpose(1, 2))
    return self.out(x.flatten(2).transpose(1, 2))


def resized_to_a_multiple(self, x):
    h, w = x.shape[-2:]
    size = math.ceil(h / 32) * 32, math.ceil(w / 32) * 32
    x = F.interpolate(x, size=size, mode="bilinear")
    return F.interpolate(self.a(x), size=(h, w))


def resized_where_it_differs(self, x):
    h, w = x.shape[-2:]
    target = (round(h / 9) * 9, round(w / 9) * 9)
    if target != (h, w):
        x = self.b(F.interpolate(x, size=target))
        return self.d(x)
    return self.a(x)


def adaptive_patches(self, x):
    patch = self.patch4 if x.shape[2] * x.shape[3] < 2500 else self.patch8
    return self.fc(patch(x).flatten(2).transpose(1, 2))


def pyramid_while_large(self, x):
    x = self.a(x)
    levels = []
    while min(x.shape[2:]) > 8:
        x = self.c(x)
        levels.append(F.adaptive_avg_pool2d(x, 1))
    return self.d(x), levels


def upsampled_until_large(self, x):
    x = self.a(x)
    while x.shape[2] < 64:
        x = self.d(F.interpolate(x, scale_factor=2.0))
    return x


def loop_over_rows_of_blocks(self, x):
    return [self.a(x[:, :, 16 * i : 16 * i + 16]) for i in range(x.shape[2] // 16)]


def sliding_crops(self, x):
    h, w = x.shape[-2:]
    made = []
    for top in range(0, max(h - 24, 0) + 1, 12):
        for left in range(0, max(w - 24, 0) + 1, 12):
            made.append(self.a(x[:, :, top : top + 24, left : left + 24]))
    return made


def centre_crop(self, x):
    h, w = x.shape[-2:]
    top, left = max((h - 32) // 2, 0), max((w - 32) // 2, 0)
    return self.a(x[..., top : top + 32, left : left + 32])


def odd_sides_padded(self, x):
    if x.shape[2] % 2 == 1:
        x = F.pad(x, (0, 0, 0, 1))
    if x.shape[3] % 2 == 1:
        x = F.pad(x, (0, 1, 0, 0))
    return self.c(self.a(x))


def concatenated_slices(self, x):
    parts = (x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2])
    side = min(p.shape[2] for p in parts), min(p.shape[3] for p in parts)
    return self.a(sum(p[..., : side[0], : side[1]] for p in parts))


def grid_attention(self, x):
    x = self.a(x)
    n, c, h, w = x.shape
    if h % 6 or w % 6:
        x = F.interpolate(x, size=(h // 6 * 6, w // 6 * 6))
        h, w = x.shape[2:]
    x = x.reshape(n, c, 6, h // 6, 6, w // 6).permute(0, 3, 5, 2, 4, 1).flatten(3, 4)
    return x @ x.transpose(-1, -2)


def more_layers_for_large_inputs(self, x):
    x = self.a(x)
    for _ in range(1 + x.shape[-1] // 40):
        x = self.d(x)
    return x


def stride_by_size(self, x):
    stride = 2 if x.size(2) >= 48 else 1
    return F.conv2d(x, self.a.weight, stride=stride)


def kept_tokens(self, x):
    x = self.patch4(x).flatten(2).transpose(1, 2)
    keep = math.ceil(x.shape[1] * 0.5)
    return self.fc(x[:, :keep])


def merged_tokens(self, x):
    x = self.patch4(x).flatten(2).transpose(1, 2)
    merged = min(8, x.shape[1] // 2)
    return self.fc(x[:, merged:])


def keys_in_chunks(self, x):
    x = self.a(x).flatten(2).transpose(1, 2)
    return [F.scaled_dot_product_attention(x, k, k) for k in x.split(256, dim=1)]


def keys_thinned(self, x):
    x = self.a(x)
    q = x.flatten(2).transpose(1, 2)
    if q.shape[1] > 400:
        x = F.avg_pool2d(x, 2)
    k = x.flatten(2).transpose(1, 2)
    return F.scaled_dot_product_attention(q, k, k)


def sequence_padded_to_a_window(self, x):
    x = self.b(x).flatten(2).transpose(1, 2)
    missing = (32 - x.shape[1] % 32) % 32
    if missing > 0:
        x = F.pad(x, (0, 0, 0, missing))
    return self.fc(x.view(x.shape[0], -1, 32, 6))


def square_of_a_sequence(self, x):
    x = self.b(x).flatten(2)
    side = int(math.sqrt(x.shape[2]))
    return self.c(x[..., : side * side].view(x.shape[0], -1, side, side))


def transposed_where_tall(self, x):
    if x.shape[2] > x.shape[3]:
        x = x.transpose(2, 3)
    return F.conv2d(x, torch.ones(5, 3, 1, 3), stride=(1, 2))


def by_aspect_ratio(self, x):
    ratio = x.shape[3] / x.shape[2]
    return self.a(x) if ratio >= 1.5 else self.b(x) if ratio > 0.75 else self.patch4(x)


def fourier_modes(self, x):
    modes = min(9, x.shape[-1] // 2 + 1)
    part = self.b(x)[..., :modes]
    return torch.einsum("nchw,cd->ndhw", part, torch.ones(6, 5))


def pooled_to_a_grid(self, x):
    x = self.a(x)
    if x.shape[2] > 7 or x.shape[3] > 7:
        x = F.adaptive_avg_pool2d(x, 7)
    return self.d(x)


def pooled_by_strides(self, x):
    h, w = x.shape[-2:]
    return self.a(F.avg_pool2d(x, (h // 7, w // 7), ceil_mode=True))


def halves_by_shift(self, x):
    h = x.shape[2] >> 1
    return self.a(x[:, :, :h]), self.b(x[:, :, h:])


def doubled_where_small(self, x):
    scale = 2 if max(x.shape[2], x.shape[3]) <= 32 else 1
    return self.a(F.interpolate(x, scale_factor=scale) if scale != 1 else x)


@lru_cache(maxsize=64)
def _window_count(h, w):
    return (h // 8) * (w // 8)


def cached_geometry(self, x):
    return [self.fc.weight @ self.mix.weight[:6] for _ in range(_window_count(*x.shape[2:]))]


def values_of_sizes(self, x):
    sides = torch.tensor(x.shape[2:])
    return self.a(x) if int(sides.prod()) > 1000 else self.b(x)


def masks_of_windows(self, x):
    h, w = x.shape[-2:]
    mask = torch.zeros(h, w)
    mask[: h // 2] = 1
    x = self.a(x) * mask
    return self.fc(x.flatten(2).transpose(1, 2))


def rows_one_by_one(self, x):
    return torch.stack([self.fc(row) for row in self.b(x).permute(2, 0, 3, 1)])


def mixed_positions(self, x):
    return self.mix(F.adaptive_avg_pool2d(self.a(x), (12, 1)).flatten(2)) * len(x)


def unfolded(self, x):
    h, w = x.shape[-2:]
    columns = F.unfold(x, 3, padding=1, stride=2)
    assert columns.shape[-1] == ((h + 1) // 2) * ((w + 1) // 2)
    return self.a.weight.flatten(1) @ columns


def aligned_before_a_sum(self, x):
    x = self.a(x)
    y = F.interpolate(self.c(x), scale_factor=2)
    if y.shape != x.shape:
        y = y[:, :, : x.shape[2], : x.shape[3]]
    return self.d(x + y)


FORWARDS = [
    value
    for name, value in list(globals().items())
    if getattr(value, "__module__", "") == __name__ and callable(value) and name[0] not in "_P"
]
