// Written by `deno task book`: the code of 02_autograd.md.

/** A number that remembers how it was computed. */
export class Value {
  /** Growth of the last result for each unit by which this number grows. */
  grad = 0;
  readonly inputs: readonly Value[];
  readonly op: string;
  data: number;
  /** Adds to the gradients of the inputs what this number's gradient means for them. */
  #passOn: () => void;

  constructor(data: number, op = "", inputs: readonly Value[] = [], passOn = () => {}) {
    this.data = data;
    this.op = op;
    this.inputs = inputs;
    this.#passOn = passOn;
  }

  add(other: Value | number): Value {
    const b = toValue(other);
    const out: Value = new Value(this.data + b.data, "+", [this, b], () => {
      this.grad += out.grad;
      b.grad += out.grad;
    });
    return out;
  }

  mul(other: Value | number): Value {
    const b = toValue(other);
    const out: Value = new Value(this.data * b.data, "×", [this, b], () => {
      this.grad += out.grad * b.data;
      b.grad += out.grad * this.data;
    });
    return out;
  }

  pow(n: number): Value {
    const out: Value = new Value(this.data ** n, `^${n}`, [this], () => {
      this.grad += out.grad * n * this.data ** (n - 1);
    });
    return out;
  }

  tanh(): Value {
    const out: Value = new Value(Math.tanh(this.data), "tanh", [this], () => {
      this.grad += out.grad * (1 - out.data * out.data);
    });
    return out;
  }

  sub(other: Value | number): Value {
    return this.add(toValue(other).mul(-1));
  }

  /** Computes the gradients of everything that this number was made of. */
  backward(): void {
    const order: Value[] = [];
    const seen = new Set<Value>();
    const visit = (value: Value): void => {
      if (seen.has(value)) return;
      seen.add(value);
      value.inputs.forEach(visit);
      order.push(value); // after all of its inputs
    };
    visit(this);
    this.grad = 1;
    for (const value of order.reverse()) value.#passOn();
  }
}

function toValue(x: Value | number): Value {
  return x instanceof Value ? x : new Value(x);
}
