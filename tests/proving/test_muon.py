"""The made models' optimizer, held against torch's own."""

import pytest
import torch

from dgrc.proving.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(32, 96), (96, 32), (48, 48)])
def test_it_goes_where_torchs_goes_but_for_rounding(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    start = torch.randn(shape)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    optimizers = Muon([ours], lr=0.02), torch.optim.Muon([theirs], lr=0.02, weight_decay=0.0)
    for _ in range(5):
        gradient = torch.randn(shape)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        for optimizer in optimizers:
            optimizer.step()
    assert (ours - theirs).norm() < 0.02 * (theirs - start).norm(), "torch's is bfloat16: 0.9 % was seen"
    assert (ours - start).norm() > 0.1


def test_singular_values_come_near_one_and_directions_stay() -> None:
    torch.manual_seed(0)
    u, _, v = torch.linalg.svd(torch.randn(24, 40), full_matrices=False)
    values = torch.linspace(0.1, 5, 24)
    found = orthogonal(u * values @ v)
    assert found.shape == (24, 40)
    turned = u.T @ found @ v.T
    assert ((turned.diagonal() > 0.6) & (turned.diagonal() < 1.3)).all()
    assert (turned - turned.diagonal().diag()).abs().max() < 1e-3


def test_a_matrix_without_a_gradient_stays() -> None:
    matrix = torch.nn.Parameter(torch.ones(2, 3))
    Muon([matrix], lr=1.0).step()
    assert torch.equal(matrix, torch.ones(2, 3))
