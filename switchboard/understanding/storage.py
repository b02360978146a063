"""A trained cascade as two plain files: arrays and JSON, nothing that could run when read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from switchboard.understanding.cascade import Cascade, Encode, Options, Report
from switchboard.understanding.dense import DenseModel
from switchboard.understanding.gate import Gate
from switchboard.understanding.sparse import SparseModel, Vectoriser
from switchboard.understanding.spelling import Speller

ARRAYS, WORDS = "cascade.npz", "cascade.json"


def save(cascade: Cascade, folder: Path) -> None:
    """Write the cascade into an existing folder."""
    np.savez(folder / ARRAYS, **_arrays(cascade))
    content = {
        "intents": cascade.intents,
        "terms": list(cascade.sparse.vectoriser.columns),
        "scales": cascade.scales,
        "mix": cascade.mix,
        "threshold": cascade.threshold,
        "options": asdict(cascade.options),
        "report": asdict(cascade.report),
        "spelling": cascade.speller.counts,
        "dictionary": sorted(cascade.speller.dictionary),
        "gates": list(cascade.gates),
    }
    (folder / WORDS).write_text(json.dumps(content), encoding="utf-8")


def load(folder: Path, encode: Encode | None) -> Cascade:
    """Read what `save` wrote; without `encode` the first stage decides every message."""
    content: dict[str, Any] = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS) as arrays:
        vectoriser = Vectoriser({term: i for i, term in enumerate(content["terms"])}, arrays["idf"])
        joint = dense = None
        if "dense_weights" in arrays:
            joint = SparseModel(vectoriser, arrays["joint_weights"], arrays["joint_bias"])
            dense = DenseModel(*(arrays[f"dense_{part}"] for part in ("weights", "bias", "examples", "labels")))
        return Cascade(
            intents=content["intents"],
            sparse=SparseModel(vectoriser, arrays["sparse_weights"], arrays["sparse_bias"]),
            joint=joint,
            dense=dense,
            gates={name: _gate(arrays[f"gate {name}"]) for name in content["gates"]},
            scales=content["scales"],
            mix=content["mix"],
            threshold=content["threshold"],
            options=Options(**content["options"]),
            encode=encode if dense is not None else None,
            speller=Speller(Counter(content["spelling"]), frozenset(content["dictionary"])),
            report=Report(**content["report"]),
        )


def _arrays(cascade: Cascade) -> dict[str, Any]:
    sparse, joint, dense = cascade.sparse, cascade.joint, cascade.dense
    arrays: dict[str, Any] = {
        "idf": sparse.vectoriser.idf,
        "sparse_weights": sparse.weights,
        "sparse_bias": sparse.bias,
    }
    if joint and dense:
        arrays |= {"joint_weights": joint.weights, "joint_bias": joint.bias}
        arrays |= {f"dense_{part}": getattr(dense, part) for part in ("weights", "bias", "examples", "labels")}
    for name, gate in cascade.gates.items():
        arrays[f"gate {name}"] = np.vstack([gate.mean, gate.spread, gate.weights, np.full_like(gate.mean, gate.bias)])
    return arrays


def _gate(rows: Any) -> Gate:
    return Gate(rows[0], rows[1], rows[2], float(rows[3][0]))
