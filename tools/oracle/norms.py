"""Cases of normalizations."""

import torch

from call import BOTH, Call, put, ref, table
from layers import weights

CASES, case = table()
F = torch.nn.functional


@case("functional.layerNorm", "nn.functional.layer_norm")
def layer_norm(d):
    shape = d.shape(1)
    over = shape[-d.int(1, len(shape)):]
    inputs, options = [d.tensor(shape)], {"eps": 1e-3}
    names = weights(d, inputs, options, weight=over, bias=over)
    return Call(inputs, [ref(0), over, options],
                lambda x, *ws: F.layer_norm(x, over, **dict(zip(names, ws)), eps=1e-3), sums=BOTH)


@case("functional.rmsNorm", "nn.functional.rms_norm (2.4; here its formula)")
def rms_norm(d):
    shape = d.shape(1)
    over = shape[-d.int(1, len(shape)):]
    axes = list(range(-len(over), 0))
    inputs, options = [d.tensor(shape)], {"eps": 1e-3}
    weights(d, inputs, options, weight=over)

    def run(x, weight=1):
        return x * torch.rsqrt(x.square().mean(axes, keepdim=True) + 1e-3) * weight

    return Call(inputs, [ref(0), over, options], run, sums=BOTH)


@case("functional.groupNorm", "nn.functional.group_norm")
def group_norm(d):
    groups = d.int(1, 3)
    c = groups * d.int(1, 3) + (1 if d.chance(0.03) else 0)
    inputs, options = [d.tensor([d.size(3), c, *d.shape(0, 2)])], {"eps": 1e-3}
    names = weights(d, inputs, options, weight=[c], bias=[c])

    def run(x, *ws):
        # The gradient of PyTorch 1.13 fails with a bias alone.
        return F.group_norm(x, groups, **{"weight": torch.ones(c), **dict(zip(names, ws))}, eps=1e-3)

    return Call(inputs, [ref(0), groups, options], run, sums=BOTH)


def noting(name, torch_name, shape_of, own_name):
    """A normalization that may note statistics, or use those that were noted."""
    @case(f"functional.{name}", f"nn.functional.{torch_name}")
    def make(d):
        c, own, noted = d.int(1, 3), d.chance(0.6), d.chance(0.5)
        inputs, plain = [d.tensor(shape_of(d, c))], {"eps": 1e-3, own_name[0]: own}
        options = {"eps": 1e-3, own_name[1]: own}
        if noted or not own:
            plain["runningMean"] = put(inputs, d.dense([c]).constant())
            plain["runningVar"] = put(inputs, d.dense([c], 0.5, 2).constant())
            options["momentum"] = plain["momentum"] = d.number(0, 1)
        first = len(inputs)
        names = weights(d, inputs, plain, weight=[c], bias=[c])

        def run(x, *rest):
            # PyTorch 1.13 misreads statistics that are not contiguous, and gradients of images that are not.
            notes = [t.clone(memory_format=torch.contiguous_format) for t in rest[:first - 1]]
            y = getattr(F, torch_name)(x.contiguous(), *(notes or [None, None]),
                                       **dict(zip(names, rest[first - 1:])), **options)
            return [y, *notes]

        return Call(inputs, [ref(0), plain], run, BOTH, changed=list(range(1, first)))


noting("batchNorm", "batch_norm", lambda d, c: [d.size(4), c, *d.shape(0, 2)], ("training", "training"))
noting("instanceNorm", "instance_norm", lambda d, c: [d.size(3), c, *d.shape(1, 2)],
       ("useInputStats", "use_input_stats"))
