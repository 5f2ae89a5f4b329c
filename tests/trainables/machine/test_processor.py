from trainables.machine.processor import multiplies_bfloat16, processor_flags


def test_processors_that_only_emulate_bfloat16_are_told_apart() -> None:
    assert multiplies_bfloat16("flags : fpu avx512f avx512_bf16 vaes")
    assert not multiplies_bfloat16("flags : fpu avx512f avx512bw")
    assert not multiplies_bfloat16("")


def test_torch_says_the_same_of_this_processor() -> None:
    import torch

    capable = torch.cpu.get_capabilities().get("avx512_bf16", False)
    assert multiplies_bfloat16(processor_flags()) == capable
