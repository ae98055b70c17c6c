"""The same fix in every kind of file that holds a command, and nothing else of it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixes.mended import text_after

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "services:\n  chat:\n    image: vllm/vllm-openai:v0.33.0\n    ipc: host\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: chat}
spec:
  containers:
    - image: vllm/vllm-openai:v0.33.0
"""
RAY_SERVICE = """\
apiVersion: ray.io/v1
kind: RayService
metadata: {name: chat}
spec:
  # as Ray Serve takes it
  serveConfigV2: |

    applications:
      - args:
          llm_configs:
            - model_loading_config: {model_id: chat, model_source: Qwen/Qwen3-8B}
              accelerator_type: H100
"""
#: name of the file; the lines of the command before and after
FORMS = {
    "items, each on its line": (
        "compose.yaml",
        SERVICE + "    command:\n",
        (
            "      - --model\n      - Qwen/Qwen3-8B  # ours\n      - --swap-space\n      - '4'\n"
            "      - --enforce-eager\n"
        ),
        "      - --model\n      - Qwen/Qwen3-8B  # ours\n      - --enforce-eager\n",
    ),
    "an item with its value": (
        "compose.yaml",
        SERVICE + "    command:\n",
        '      - "--model=Qwen/Qwen3-8B"\n      - --task=generate # once\n',
        '      - "--model=Qwen/Qwen3-8B"\n      - --runner=generate # once\n',
    ),
    "items in a line": (
        "compose.yaml",
        SERVICE,
        '    command: [--swap-space, "4", --model, Qwen/Qwen3-8B, --task, "generate"]\n',
        '    command: [--model, Qwen/Qwen3-8B, --runner, "generate"]\n',
    ),
    "a text": (
        "compose.yaml",
        SERVICE,
        "    command: --model Qwen/Qwen3-8B --swap-space 4 --task 'generate' # all\n",
        "    command: --model Qwen/Qwen3-8B --runner 'generate' # all\n",
    ),
    "a folded text": (
        "compose.yaml",
        SERVICE + "    command: >-\n",
        "      --model Qwen/Qwen3-8B\n      --swap-space 4\n      --task generate\n    tty: true\n",
        "      --model Qwen/Qwen3-8B\n      --runner generate\n    tty: true\n",
    ),
    "a shell in a list": (
        "pod.yaml",
        POD,
        '      command: ["sh", "-c", "exec vllm serve Qwen/Qwen3-8B --swap-space 4"]\n',
        '      command: ["sh", "-c", "exec vllm serve Qwen/Qwen3-8B"]\n',
    ),
    "a shell in a block": (
        "pod.yaml",
        POD + "      command: [sh, -c]\n      args:\n        - |\n",
        (
            "          exec vllm serve Qwen/Qwen3-8B \\\n            --swap-space 4 \\\n"
            "            --enforce-eager\n"
        ),
        "          exec vllm serve Qwen/Qwen3-8B \\\n            --enforce-eager\n",
    ),
    "the last of several documents": (
        "pods.yaml",
        "kind: ConfigMap\napiVersion: v1\ndata: {a: b}\n---\n" + POD,
        "      args: [--model, Qwen/Qwen3-8B, --task, generate]\n---\n# the end\n",
        "      args: [--model, Qwen/Qwen3-8B, --runner, generate]\n---\n# the end\n",
    ),
    "vLLM's own file": (
        "server.yaml",
        "model: Qwen/Qwen3-8B\n",
        "# why\ntask: generate # a runner\nswap_space: 4\nenforce-eager: true\n",
        "# why\nrunner: generate # a runner\nenforce-eager: true\n",
    ),
    "the applications of a RayService": (
        "service.yaml",
        RAY_SERVICE,
        (
            "              engine_kwargs: # ours\n                swap_space: 4\n"
            "                task: generate # once\n  rayClusterConfig: {}\n"
        ),
        (
            "              engine_kwargs: # ours\n"
            "                runner: generate # once\n  rayClusterConfig: {}\n"
        ),
    ),
    "a script": (
        "serve.sh",
        "#!/bin/sh\nMODEL=Qwen/Qwen3-8B\n# start\n",
        'exec vllm serve "$MODEL" \\\n  --task "generate" \\\n  --swap-space 4 2>&1 | tee log\n',
        'exec vllm serve "$MODEL" \\\n  --runner "generate" 2>&1 | tee log\n',
    ),
    "docker run": (
        "serve.sh",
        "#!/bin/sh\ndocker run --gpus all vllm/vllm-openai:v0.33.0 ",
        "--model Qwen/Qwen3-8B --swap-space=4\nwait\n",
        "--model Qwen/Qwen3-8B\nwait\n",
    ),
    "a Slurm job": (
        "job.sbatch",
        "#!/bin/bash\n#SBATCH --gres=gpu:h100:1\n",
        "srun vllm serve Qwen/Qwen3-8B --swap-space 4\n",
        "srun vllm serve Qwen/Qwen3-8B\n",
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_an_option_is_renamed_or_taken_out_where_it_stands(
    form: str, ending: str, tmp_path: Path
) -> None:
    name, above, before, after = FORMS[form]
    texts = [(above + lines).replace("\n", ending) for lines in (before, after)]
    assert text_after(texts[0], tmp_path / name, "H100") == texts[1]


def test_a_value_is_changed_and_another_option_follows_in_the_style_of_the_first(
    tmp_path: Path,
) -> None:
    job = (
        "#!/bin/bash\nsrun vllm serve deepseek-ai/DeepSeek-R1 \\\n    -tp 16 \\\n"
        "    --nnodes 2 --node-rank 0 --master-addr head\n"
    )
    assert text_after(job, tmp_path / "job.sh", "2x8xH200") == job.replace(
        "-tp 16", "-tp 8 \\\n    --pipeline-parallel-size 2"
    )


def test_items_that_are_added_are_quoted_where_a_list_of_texts_needs_it(tmp_path: Path) -> None:
    above = POD.replace("kind: Pod", "kind: Pod").replace("spec:", "spec:\n  hostIPC: true")
    args = (
        "      args:\n        - --model=deepseek-ai/DeepSeek-R1\n        - -tp\n"
        '        - "16"\n        - --nnodes=2\n        - --node-rank=0\n        - --master-addr=a\n'
    )
    mended = args.replace(
        '- "16"\n',
        '- "8"\n        - --pipeline-parallel-size\n        - "2"\n',
    )
    assert text_after(above + args, tmp_path / "pod.yaml", "2x8xH200") == above + mended


def test_a_key_keeps_its_spelling_and_a_number_stays_one(tmp_path: Path) -> None:
    text = "model: Qwen/Qwen2.5-7B-Instruct\nmax_model_len: 2048\ndtype: 'bfloat16' # fast\n"
    assert text_after(text, tmp_path / "a.yaml", "2xT4") == text.replace("bfloat16", "float16")


@pytest.mark.parametrize(
    "line",
    [
        "vllm serve Qwen/Qwen3-8B $OLD_OPTIONS",
        "vllm serve Qwen/Qwen3-8B ${SWAP:-'--swap-space'} 4",
        'S="--swap-space 4"\nvllm serve Qwen/Qwen3-8B $S',
    ],
)
def test_what_a_variable_puts_in_is_left_to_a_person(line: str, tmp_path: Path) -> None:
    text = f"#!/bin/sh\n{line}\n"
    assert text_after(text, tmp_path / "serve.sh", "H100") == text
