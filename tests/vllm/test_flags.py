from __future__ import annotations

from planner.vllm.arguments import OPTIONS
from planner.vllm.flags import known, named


def test_every_named_option_is_an_option_of_the_newest_vllm() -> None:
    every = known()
    for option in OPTIONS.values():
        for flag in option.flags:
            assert every[flag].name == option.name, flag


def test_options_take_what_vllm_lets_follow_them() -> None:
    import tomllib
    from pathlib import Path

    import planner.vllm.flags

    path = Path(planner.vllm.flags.__file__).parent / "options" / "0.33.toml"
    kinds = tomllib.loads(path.read_text())
    for option in OPTIONS.values():
        assert option.flag in kinds[option.kind], option.flag


def test_a_release_without_a_list_of_its_own_has_the_newest() -> None:
    assert known("0.99") == known("0.33.1") == known()


def test_enable_has_disable_and_no_as_inverses() -> None:
    for flag in ("--no-enable-expert-parallel", "--disable-expert-parallel"):
        assert named()[flag].name == "enable_expert_parallel"
        assert not named()[flag].on
    assert "--no-headless" not in named()
