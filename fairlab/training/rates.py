"""Learning rates over a training; AdamW for all models alike, and with rates of each model.

Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2, as in
torch, but with rates along the models axis. ``torch.optim.AdamW`` itself imports torch's compiler
with its first step: more than a second, for nothing that is used here.
"""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

BETAS = (0.9, 0.999)
EPSILON = 1e-8
WARM_UP_SHARE = 0.05
FINAL_RATE = 0.02


def annealed(step: int, steps: int) -> float:
    """Share of the rates at a step: short linear warm-up, then half a cosine, as in a sweep."""
    warm = max(1, round(WARM_UP_SHARE * steps))
    if step < warm:
        return (step + 1) / warm
    share = (step - warm) / max(1, steps - warm)
    return FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * share))


class AdamW:
    """``torch.optim.AdamW(fused=True)``, number by number.

    Args:
        parameters: Of any shape; who has no gradient is left alone.
        rate, decay: Learning rate and weight decay of all of them.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float, decay: float) -> None:
        self.parameters = list(parameters)
        self.rate, self.decay = rate, decay
        self.mean = [torch.zeros_like(p) for p in self.parameters]
        self.square = [torch.zeros_like(p) for p in self.parameters]
        self.steps = [
            torch.zeros((), dtype=torch.float32, device=p.device) for p in self.parameters
        ]

    def zero_grad(self) -> None:
        """Forget gradients."""
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self, scale: float = 1.0) -> None:
        """One step with the rate times ``scale``."""
        moving = [i for i, p in enumerate(self.parameters) if p.grad is not None]
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        adamw(
            [self.parameters[i] for i in moving],
            gradients,
            [self.mean[i] for i in moving],
            [self.square[i] for i in moving],
            [],
            [self.steps[i] for i in moving],
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=self.rate * scale,
            weight_decay=self.decay,
            eps=EPSILON,
            maximize=False,
        )


class PerModelAdamW:
    """Steps of M models at once.

    Args:
        parameters: Each (M, ·, ·).
        rates: M learning rates.
        decays: M weight decays.
    """

    def __init__(
        self, parameters: Sequence[nn.Parameter], rates: Sequence[float], decays: Sequence[float]
    ) -> None:
        self.parameters = list(parameters)
        device = self.parameters[0].device
        self.rate = torch.tensor(list(rates), dtype=torch.float32, device=device)[:, None, None]
        self.decay = torch.tensor(list(decays), dtype=torch.float32, device=device)[:, None, None]
        self.mean = [torch.zeros_like(p) for p in self.parameters]
        self.square = [torch.zeros_like(p) for p in self.parameters]
        self.steps = 0

    def zero_grad(self) -> None:
        """Forget gradients."""
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self, scale: float = 1.0) -> None:
        """One step with rates times ``scale``."""
        self.steps += 1
        first, second = (1 - beta**self.steps for beta in BETAS)
        rate = self.rate * scale
        shrink = 1 - rate * self.decay
        for p, mean, square in zip(self.parameters, self.mean, self.square, strict=True):
            assert p.grad is not None
            mean.lerp_(p.grad, 1 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(p.grad, p.grad, value=1 - BETAS[1])
            size = square.sqrt().div_(math.sqrt(second)).add_(EPSILON)
            p.mul_(shrink).sub_(mean.div(size).mul_(rate / first))

    def keep_models(self, parameters: Sequence[nn.Parameter], places: Tensor) -> None:
        """Go on with the models at ``places`` only, whose parameters are given anew."""
        self.parameters = list(parameters)
        self.rate, self.decay = self.rate[places], self.decay[places]
        self.mean = [one[places] for one in self.mean]
        self.square = [one[places] for one in self.square]
