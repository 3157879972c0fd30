"""The cases in PyTorch: python3 bench/peers/pytorch.py --threads=1 [--loader] [CASE ...]

With --loader, the MLP's batches come from torchvision's transforms and a DataLoader, as people write
it; otherwise the images are one tensor that is indexed by hand.
"""

import sys

from measure import run, threads
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.set_num_threads(threads)
torch.manual_seed(0)


def product(n):
    a, b = torch.randn(n, n), torch.randn(n, n)
    return lambda: a.matmul(b)


def million(apply):
    x, y = torch.randn(1000, 1000), torch.randn(1000, 1000)
    return lambda: apply(x, y)


def eager_op():
    x, y = torch.randn(10, requires_grad=True), torch.randn(10)
    return lambda: x.mul(y)


def stepper(model):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step(x, y):
        optimizer.zero_grad(set_to_none=True)
        criterion(model(x), y).backward()
        optimizer.step()

    return step


def mlp():
    return nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )


def images():
    return torch.randint(0, 256, (60000, 28, 28), dtype=torch.uint8), torch.randint(0, 10, (60000,))


def epoch_by_hand():
    data, targets = images()
    x, step = data.reshape(-1, 784).float() / 255, stepper(mlp())

    def epoch():
        for indices in torch.randperm(60000).split(64):
            step(x[indices], targets[indices])

    return epoch


def epoch_with_loader():
    from PIL import Image
    from torchvision import transforms

    class Images(Dataset):
        """Does what torchvision.datasets.FashionMNIST does for a sample."""

        def __init__(self, transform):
            self.data, self.targets = images()
            self.transform = transform

        def __len__(self):
            return len(self.data)

        def __getitem__(self, index):
            image, target = self.data[index], int(self.targets[index])
            return self.transform(Image.fromarray(image.numpy(), mode="L")), target

    transform = transforms.Compose([transforms.ToTensor(), transforms.Lambda(torch.flatten)])
    loader = DataLoader(Images(transform), batch_size=64, shuffle=True)
    step = stepper(mlp())

    def epoch():
        for x, y in loader:
            step(x, y)

    return epoch


def cnn_step():
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    x, y, step = torch.randn(32, 1, 28, 28), torch.randint(0, 10, (32,)), stepper(model)
    return lambda: step(x, y)


def transformer_step():
    layer = dict(dim_feedforward=512, dropout=0.0, batch_first=True)
    model = nn.Sequential(*(nn.TransformerEncoderLayer(128, 4, **layer) for _ in range(2)))
    return step_towards_zero(model, model, torch.randn(16, 64, 128))


def lstm_step():
    model = nn.LSTM(128, 128, 2, batch_first=True)
    return step_towards_zero(model, lambda x: model(x)[0], torch.randn(32, 64, 128))


def step_towards_zero(model, apply, x):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad(set_to_none=True)
        apply(x).square().mean().backward()
        optimizer.step()

    return step


run({
    "matmul 256": lambda: product(256),
    "matmul 512": lambda: product(512),
    "matmul 1024": lambda: product(1024),
    "add": lambda: million(lambda x, y: x.add(y)),
    "relu": lambda: million(lambda x, y: x.relu()),
    "exp": lambda: million(lambda x, y: x.exp()),
    "tanh": lambda: million(lambda x, y: x.tanh()),
    "sigmoid": lambda: million(lambda x, y: x.sigmoid()),
    "softmax": lambda: million(lambda x, y: x.softmax(1)),
    "eager op": eager_op,
    "MLP epoch": epoch_with_loader if "--loader" in sys.argv else epoch_by_hand,
    "CNN step": cnn_step,
    "transformer step": transformer_step,
    "LSTM step": lstm_step,
})
