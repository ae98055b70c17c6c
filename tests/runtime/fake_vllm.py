"""A stand-in for the vLLM package: its names, none of its work, so that a case takes a moment.

What is tested with it is the planner's own side, real processes included: the engine's program,
the scheduler, the results. What vLLM itself does is tested in ``tests/e2e``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = """
import json, os, subprocess, sys, time
from pathlib import Path
from types import SimpleNamespace as Some

class LLMEngine:
    def __init__(self, args):
        config = json.loads((Path(args.model) / "config.json").read_text())
        print("INFO 11-22 07:36:04 [core.py:116] "
              "Initializing a V1 LLM engine (v0.26.0) with config: "
              f"model={args.model!r}, tensor_parallel_size={args.tensor_parallel_size}", flush=True)
        behave(os.environ.get("FAKE_VLLM", ""))
        print("INFO 11-22 07:36:08 [model_runner.py:305] "
              "Model loading took 1.5 GiB and 2.497556 seconds")
        print("INFO 11-22 07:36:41 [gpu_worker.py:560] Available KV cache memory: 97.392482 GiB")
        print("INFO 11-22 07:36:41 [kv_cache_utils.py:2177] "
              "GPU KV cache size: 3,362,080 tokens", flush=True)
        self.vllm_config = Some(
            model_config=Some(dtype="torch.bfloat16", quantization=None, max_model_len=4096,
                              enforce_eager=False, runner_type="generate",
                              get_vocab_size=lambda: config["vocab_size"]),
            cache_config=Some(num_gpu_blocks=100, block_size=16, cache_dtype="auto",
                              gpu_memory_utilization=0.92, enable_prefix_caching=True),
            scheduler_config=Some(max_num_batched_tokens=8192, max_num_seqs=8),
            compilation_config=Some(cudagraph_mode="NONE", cudagraph_capture_sizes=[]),
            parallel_config=Some(data_parallel_size=1))
        self.args = args
        self.left = {}
        self.engine_core = Some(shutdown=lambda: None)

    @classmethod
    def from_engine_args(cls, args, usage_context):
        return cls(args)

    def collective_rpc(self, method, args):
        for rank in range(self.args.tensor_parallel_size):
            figures = {"rank": rank, "weights_bytes": 1610612736 + rank}
            Path(args[0], f"rank-000-{rank:04d}.json").write_text(json.dumps(figures))

    def add_request(self, name, prompt, params):
        self.left[name] = params.max_tokens

    def has_unfinished_requests(self):
        return bool(self.left)

    def abort_request(self, names):
        self.left.clear()

    def step(self):
        time.sleep(0.001)
        came = [Some(request_id=name, outputs=[Some(token_ids=[1])]) for name in self.left]
        self.left = {name: n - 1 for name, n in self.left.items() if n > 1}
        if os.environ.get("FAKE_VLLM") == "dies":
            os.kill(os.getpid(), 9)
        return came

def behave(how):
    if how == "refuses":
        raise ValueError("Total number of attention heads (4) must be divisible by "
                         "tensor parallel size (3).")
    if how == "hangs":
        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                                  start_new_session=True)
        print("worker", worker.pid, flush=True)
        time.sleep(600)
    if how == "slow":
        time.sleep(1)
"""
FILES = {
    "vllm/__init__.py": """
from types import SimpleNamespace
__version__ = "0.26.0"
def SamplingParams(**given):
    return SimpleNamespace(**given)
""",
    "vllm/sampling_params.py": "class RequestOutputKind: DELTA = 1\n",
    "vllm/platforms.py": """
from types import SimpleNamespace
current_platform = SimpleNamespace(device_type="cuda")
""",
    "vllm/engine/__init__.py": "",
    "vllm/engine/arg_utils.py": """
class AsyncEngineArgs:
    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--tensor-parallel-size", type=int, default=1)
        parser.add_argument("--data-parallel-size", type=int, default=1)
        for name in ("model", "served-model-name", "load-format", "worker-extension-cls",
                     "max-num-seqs", "gpu-memory-utilization"):
            parser.add_argument("--" + name)
        for name in ("skip-tokenizer-init", "disable-log-stats", "enforce-eager"):
            parser.add_argument("--" + name, action="store_true")
        return parser
    @staticmethod
    def from_cli_args(parsed):
        return parsed
""",
    "vllm/utils/__init__.py": "",
    "vllm/utils/argparse_utils.py": """
from argparse import ArgumentParser as FlexibleArgumentParser
""",
    "vllm/usage/__init__.py": "",
    "vllm/usage/usage_lib.py": "class UsageContext: OPENAI_API_SERVER = 1\n",
    "vllm/v1/__init__.py": "",
    "vllm/v1/engine/__init__.py": "",
    "vllm/v1/engine/llm_engine.py": ENGINE,
    "vllm-0.26.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: vllm\nVersion: 0.26.0\n",
    "torch/__init__.py": """
from types import SimpleNamespace
__version__ = "2.11.0+cu130"
version = SimpleNamespace(cuda="13.0")
""",
}


def install(folder: Path) -> None:
    """Write it into a folder that is to stand on PYTHONPATH."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
