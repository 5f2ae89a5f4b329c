import pytest
import torch

from trainables.networks.networks import build_manet, build_unet, load_weights, parameter_depths
from trainables.training.schedule import ENCODER_END, HEAD


@pytest.fixture(scope="module")
def network():
    return build_unet("resnet18", depth=3, channels=1, outputs=3).eval()


def test_the_network_keeps_the_resolution(network):
    assert network(torch.zeros(2, 1, 32, 64)).shape == (2, 3, 32, 64)


def test_every_parameter_has_a_depth_that_tells_encoder_decoder_and_head_apart(network):
    depths = parameter_depths(network)
    assert set(depths) == {name for name, _ in network.named_parameters()}
    for name, depth in depths.items():
        assert (depth < ENCODER_END) == name.startswith("encoder.")
        assert (depth == HEAD) == name.startswith("segmentation_head.")


def test_depth_grows_along_the_encoder_and_a_layer_is_never_parted(network):
    depths = parameter_depths(network)
    encoder = [depth for name, depth in depths.items() if name.startswith("encoder.")]
    assert encoder[0] == 0
    assert encoder == sorted(encoder)
    assert depths["encoder.bn1.weight"] == depths["encoder.bn1.bias"]


def test_what_opens_a_stage_of_segformer_lies_between_its_neighbours():
    depths = parameter_depths(build_manet("mit_b0", depth=5, channels=1, outputs=3))
    for stage in (2, 3, 4):
        opens = depths[f"encoder.patch_embed{stage}.proj.weight"]
        assert depths[f"encoder.block{stage - 1}.0.attn.q.weight"] < opens
        assert depths[f"encoder.norm{stage - 1}.weight"] <= opens
        assert opens <= depths[f"encoder.block{stage}.0.attn.q.weight"]


@pytest.mark.parametrize(("encoder", "depth"), [("resnet_18", 3), ("resnet18", 9)])
def test_an_encoder_that_is_not_there_is_named(encoder, depth):
    with pytest.raises(ValueError, match=rf"halves the resolution {depth} times, .*{encoder!r}"):
        build_unet(encoder, depth=depth, channels=1, outputs=3)


def test_weights_for_one_channel_serve_three_equal_ones(network):
    coloured = build_unet("resnet18", depth=3, channels=3, outputs=3).eval()
    load_weights(coloured, network.state_dict(), channels=3)
    grey = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(coloured(grey.repeat(1, 3, 1, 1)), network(grey))


def test_weights_of_another_architecture_are_refused(network):
    deeper = build_unet("resnet18", depth=4, channels=1, outputs=3)
    with pytest.raises(ValueError, match="same encoder and depth"):
        load_weights(deeper, network.state_dict(), channels=1)
