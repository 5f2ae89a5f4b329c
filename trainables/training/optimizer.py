"""One step of the optimiser: a learning rate for each depth, clipping, the pull to the start."""

import torch

from trainables.spec.training_spec import TrainingSpec
from trainables.training.clock import progress_before
from trainables.training.schedule import learning_rate


class LayerwiseOptimizer:
    """AdamW (Loshchilov and Hutter 2019) over the parameters that its owner has not frozen.

    Parameters of one depth share a group. Biases and norms are not decayed.
    """

    def __init__(
        self, network: torch.nn.Module, *, depths: dict[str, float], training: TrainingSpec
    ) -> None:
        """Records the current weights, which L2-SP pulls towards.

        Args:
            network: with the weights that training starts from.
            depths: of every parameter that requires a gradient, by name (see schedule.py).
            training: learning rates, schedule and regularisation.

        Raises:
            ValueError: a parameter has no depth.
        """
        self._network = network
        self._training = training
        groups = _groups(network, depths=depths)
        self.adamw = torch.optim.AdamW(
            [
                {
                    "params": parameters,
                    "depth": depth,
                    "weight_decay": training.weight_decay if decays else 0.0,
                }
                for (depth, decays), parameters in groups.items()
            ],
            lr=training.learning_rate,
            fused=True,
        )
        self.start: list[list[torch.Tensor]] = (
            [[one.detach().clone() for one in group] for group in groups.values()]
            if training.l2_sp
            else []
        )

    def set_rates(self, step: int) -> None:
        """Gives each group its learning rate for one step, and freezes those that get none.

        A frozen layer needs no gradient, which also saves the time to compute it, and keeps its
        normalisation statistics: they are part of what was learnt.
        """
        progress = progress_before(self._training, step)
        for group in self.adamw.param_groups:
            group["lr"] = learning_rate(self._training, depth=group["depth"], progress=progress)
            for parameter in group["params"]:
                # A peak of 0 freezes no layer: the loss would have no gradient to follow at all.
                parameter.requires_grad_(group["lr"] > 0 or self._training.learning_rate == 0)
        for module in self._network.modules():
            own = list(module.parameters(recurse=False))
            module.training = not own or any(parameter.requires_grad for parameter in own)

    def update(self, value: torch.Tensor) -> None:
        """Follows the gradient of a loss."""
        self.adamw.zero_grad(set_to_none=True)
        value.backward()
        if self._training.gradient_norm:
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._training.gradient_norm)
        self.adamw.step()
        self._pull_to_start()

    @torch.no_grad()
    def _pull_to_start(self) -> None:
        """L2-SP, Li et al. 2018 (arXiv:1802.01483), decoupled from Adam as weight decay is."""
        for group, start in zip(self.adamw.param_groups, self.start, strict=False):
            share = min(1.0, group["lr"] * self._training.l2_sp)
            for parameter, origin in zip(group["params"], start, strict=True):
                if share:
                    parameter.lerp_(origin, share)


def _groups(
    network: torch.nn.Module, *, depths: dict[str, float]
) -> dict[tuple[float, bool], list[torch.nn.Parameter]]:
    """Parameters by their depth, and by whether weight decay applies to them."""
    groups: dict[tuple[float, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name not in depths:
            raise ValueError(f"Every parameter must have a depth, but {name!r} has none.")
        groups.setdefault((depths[name], parameter.ndim > 1), []).append(parameter)
    return groups
