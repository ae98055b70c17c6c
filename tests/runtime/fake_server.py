"""A stand-in for ``vllm serve``: a real process that writes a start's log and answers over HTTP.

``FAKE_VLLM`` says how it behaves; nothing means well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAIN = '''
import http.server, json, os, signal, subprocess, sys, threading, time

def value(flag, default):
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else default

model, port = sys.argv[2], int(value("--port", "8000"))
name, length = value("--served-model-name", sys.argv[2]), int(value("--max-model-len", "4096"))
share = float(value("--gpu-memory-utilization", "0.92"))
how = os.environ.get("FAKE_VLLM", "")
key = os.environ.get("VLLM_API_KEY")

def say(text):
    print(text, flush=True)

def fail(text):
    say("(EngineCore pid=100) ERROR 11-22 07:36:09 [core.py:900] EngineCore failed to start.")
    say("(EngineCore pid=100) " + text)
    say("RuntimeError: Engine core initialization failed. See root cause above.")
    sys.exit(1)

if how == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if how in {"worker", "deaf"}:
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                              start_new_session=True)
    say(f"worker {worker.pid}")
say("INFO 11-22 07:35:31 [api_server.py:1] vLLM API server version 0.33.0")
say("INFO 11-22 07:35:31 [api_utils.py:273] non-default args: "
    f"{{'model': {model!r}, 'max_model_len': {length}, 'gpu_memory_utilization': {share}}}")
say("INFO 11-22 07:36:04 [core.py:116] Initializing a V1 LLM engine (v0.33.0) with config: "
    f"model={model!r}, dtype=torch.bfloat16, max_seq_len={length}, tensor_parallel_size=1, "
    "pipeline_parallel_size=1, quantization=None, enforce_eager=False, device_config=cuda")
if "--no-such-flag" in sys.argv:
    say("vllm serve: error: unrecognized arguments: --no-such-flag")
    sys.exit(2)
if how == "full" and share > 12.4 / 14.56:
    fail("ValueError: Free memory on device cuda:0 (12.4/14.56 GiB) on startup is less than "
         f"desired GPU memory utilization ({share}, 13.83 GiB). Decrease GPU memory utilization "
         "or reduce GPU memory used by other processes.")
say("INFO 11-22 07:36:05 [gpu_model_runner.py:4] Starting to load model tiny...")
if how == "hangs":
    time.sleep(600)
say("INFO 11-22 07:36:08 [model_runner.py:305] Model loading took 1.5 GiB and 2.497556 seconds")
if how in {"long", "longer"} and length > 2048:
    left = 2048 if how == "long" else 4000
    fail(f"ValueError: To serve at least one request with the models's max seq len ({length}), "
         "(0.5 GiB KV cache is needed, which is larger than the available KV cache memory "
         f"(0.25 GiB). Based on the available memory, the estimated maximum model length is {left}."
         " Try increasing `gpu_memory_utilization` or decreasing `max_model_len`.")
if how == "strange":
    fail("ZeroDivisionError: division by zero")
say("INFO 11-22 07:36:41 [gpu_worker.py:560] Available KV cache memory: 9.25 GiB")
say("INFO 11-22 07:36:41 [kv_cache_utils.py:2177] GPU KV cache size: 121,232 tokens, "
    f"Maximum concurrency for {length:,} tokens per request: {121232 / length:.2f}x")
say("INFO 11-22 07:37:12 [core.py:340] init engine (profile, create kv cache, warmup model) "
    "took 6.33 s")
METRICS = """# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig
# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",num_gpu_blocks="7577"} 1.0
"""

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            return self.give(200, "")
        if self.path == "/metrics":
            return self.give(200, METRICS)
        if self.path == "/version":
            return self.give(200, json.dumps({"version": "0.33.0"}))
        if not self.allowed():
            return self.give(401, json.dumps({"error": "Unauthorized"}))
        listed = {"data": [{"id": name, "root": model, "max_model_len": length}]}
        return self.give(200, json.dumps(listed)) if self.path == "/v1/models" else self.give(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if how == "dies":
            os.kill(os.getpid(), 9)
        if not self.allowed():
            return self.give(401, json.dumps({"error": "Unauthorized"}))
        if how == "embeds" and self.path != "/v1/embeddings":
            return self.give(404, json.dumps({"error": {"message": "Not Found"}}))
        if how == "500":
            return self.give(500, json.dumps({"error": {"message": "out of ideas"}}))
        count = body.get("max_tokens", 0)
        usage = {"prompt_tokens": 2, "completion_tokens": count}
        if not body.get("stream"):
            asked.set()
            return self.give(200, json.dumps({"usage": usage}))
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(count):
            time.sleep(0.002)
            self.event(json.dumps({"choices": [{"text": "a"}]}))
        self.event(json.dumps({"choices": [], "usage": usage}))
        self.event("[DONE]")
        self.close_connection = True

    def event(self, text):
        self.wfile.write(f"data: {text}\\n\\n".encode())
        self.wfile.flush()

    def allowed(self):
        return not key or self.headers["Authorization"] == f"Bearer {key}"

    def give(self, status, text=""):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

asked = threading.Event()
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
say("INFO:     Application startup complete.")
if how in {"ends", "leaves", "loses", "killed"}:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked.wait()
    time.sleep(0.3)
    if how == "loses":
        say("(EngineCore pid=9) ERROR 11-22 07:40:09 [multiproc_executor.py:290] "
            "Worker proc VllmWorker-1 died unexpectedly, shutting down executor.")
    if how == "killed":
        say("(APIServer pid=8) ERROR 12-01 03:11:25 [async_llm.py:704] "
            "vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. "
            "See stack trace (above) for the root cause.")
    os._exit(3 if how == "ends" else 0)
server.serve_forever()
'''
FILES = {
    "vllm/__init__.py": "",
    "vllm/entrypoints/__init__.py": "",
    "vllm/entrypoints/cli/__init__.py": "",
    "vllm/entrypoints/cli/main.py": MAIN,
    "vllm-0.33.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: vllm\nVersion: 0.33.0\n",
}


def install(folder: Path) -> None:
    """Write it into a folder that is to stand on PYTHONPATH."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
