"""Random problems of multiple choice, and all of their choices."""

import itertools


def sums(options, places):
    """The cost and the value of a choice."""
    pairs = list(zip(options, places, strict=True))
    return sum(c[p] for (c, _), p in pairs), sum(v[p] for (_, v), p in pairs)


def every(options):
    """The sums of all choices."""
    lengths = (range(len(costs)) for costs, _ in options)
    return [sums(options, places) for places in itertools.product(*lengths)]


def drawn(random_, groups, most, largest):
    """Random options, of any sign."""

    def numbers(length):
        return [random_.randint(-largest, largest) for _ in range(length)]

    lengths = [random_.randint(1, most) for _ in range(groups)]
    return [(numbers(length), numbers(length)) for length in lengths]


def kernels(random_, groups, options):
    """Options like those of layers: the error falls ever slower with the cost."""
    result = []
    for _ in range(groups):
        full = random_.randint(10**6, 2 * 10**8)
        costs = [random_.randint(1, full) for _ in range(options)]
        values = [int(10**12 * (1 - c / full) ** 2 * random_.uniform(0.8, 1.2)) for c in costs]
        result.append(([*costs, full], [*values, 0]))
    return result
