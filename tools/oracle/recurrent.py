"""Cases of recurrent layers: modules, whose weights are inputs."""

import torch

from call import BOTH, Call, put, ref, table

CASES, case = table()
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def weights(d, rows, size, hidden, has_bias):
    shapes = {"weight_ih": [rows, size], "weight_hh": [rows, hidden]}
    if has_bias:
        shapes |= {"bias_ih": [rows], "bias_hh": [rows]}
    return {name: d.tensor(shape, -1, 1, edges=False) for name, shape in shapes.items()}


def cell(kind):
    @case(f"nn.{kind}Cell", f"nn.{kind}Cell")
    def make(d):
        size, hidden, has_bias, n = d.int(1, 5), d.int(1, 5), d.chance(0.8), d.size()
        batch = [n] if d.chance(0.8) else []
        relu = kind == "RNN" and d.chance(0.4)
        drawn = weights(d, GATES[kind] * hidden, size, hidden, has_bias)
        names, inputs = list(drawn), list(drawn.values())
        state = {name: ref(i) for i, name in enumerate(names)}
        x = put(inputs, d.tensor([*batch, size], edges=False))
        states = [put(inputs, d.tensor([*batch, hidden], edges=False))
                  for _ in range(2 if kind == "LSTM" else 1)]
        options = {"bias": has_bias} | ({"nonlinearity": "relu"} if relu else {})

        def run(*tensors):
            parts = list(tensors[:len(names)])
            tensors = [t if batch else t.unsqueeze(0) for t in tensors[len(names):]]
            compute = getattr(torch._VF, "rnn_relu_cell" if relu else {
                "RNN": "rnn_tanh_cell", "LSTM": "lstm_cell", "GRU": "gru_cell"}[kind])
            start = tuple(tensors[1:]) if kind == "LSTM" else tensors[1]
            y = compute(tensors[0], start, *parts)
            ys = [y] if isinstance(y, torch.Tensor) else list(y)
            return ys if batch else [y.squeeze(0) for y in ys]

        start = states if kind == "LSTM" else states[0]
        return Call(inputs, [{"construct": [size, hidden, options], "state": state}, x, start], run,
                    BOTH)


def layer(kind):
    @case(f"nn.{kind}", f"nn.{kind}")
    def make(d):
        size, hidden, layers = d.int(1, 4), d.int(1, 4), d.int(1, 2)
        two_ways, has_bias, batch_first = d.chance(0.3), d.chance(0.8), d.chance(0.4)
        steps, n = d.int(1, 5), d.int(1, 3)
        relu = kind == "RNN" and d.chance(0.4)
        projected = d.int(1, hidden - 1) if kind == "LSTM" and hidden > 1 and d.chance(0.4) else 0
        inputs, state, ways, out = [], {}, 2 if two_ways else 1, projected or hidden
        for level in range(layers):
            for suffix in ["", "_reverse"][:ways]:
                own = weights(d, GATES[kind] * hidden, size if level == 0 else out * ways, out, has_bias)
                if projected > 0:
                    own["weight_hr"] = d.tensor([projected, hidden], -1, 1, edges=False)
                for name, x in own.items():
                    state[f"{name}_l{level}{suffix}"] = put(inputs, x)
        count = len(inputs)
        x = put(inputs, d.tensor([n, steps, size] if batch_first else [steps, n, size], edges=False))
        states = [put(inputs, d.tensor([layers * ways, n, width], edges=False))
                  for width in ([out, hidden] if kind == "LSTM" else [hidden])]
        options = {"numLayers": layers, "bias": has_bias, "batchFirst": batch_first,
                   "bidirectional": two_ways}
        options |= ({"nonlinearity": "relu"} if relu else {}) | ({"projSize": projected} if projected else {})

        def run(*tensors):
            compute = getattr(torch._VF, ("rnn_relu" if relu else "rnn_tanh") if kind == "RNN"
                              else kind.lower())
            x, *rest = tensors[count:]
            start = tuple(rest) if kind == "LSTM" else rest[0]
            return compute(x, start, list(tensors[:count]), has_bias, layers, 0.0, False, two_ways,
                           batch_first)

        start = states if kind == "LSTM" else states[0]
        return Call(inputs, [{"construct": [size, hidden, options], "state": state}, x, start], run,
                    BOTH)


for kind in GATES:
    cell(kind)
    layer(kind)
