"""BERT, RoBERTa and XLM-RoBERTa: encoders that embed, classify or rank a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Architecture, Layer
from planner.model.blocks import attention, mlp, norm, norms
from planner.model.cache import EncoderOnly
from planner.model.context import derived_max_model_len
from planner.model.dtype import checkpoint_dtype
from planner.model.families import bert_with_rope
from planner.model.labels import labels
from planner.model.modules import Buffer, Embedding, Weight

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

_CLASSIFIERS = ("ForSequenceClassification", "ForTokenClassification")
ARCHITECTURES = (
    "BertModel",
    "BertForMaskedLM",
    "BertForSequenceClassification",
    "BertForTokenClassification",
    "RobertaModel",
    "RobertaForMaskedLM",
    "RobertaForSequenceClassification",
    "RobertaForTokenClassification",
    "XLMRobertaModel",
    "XLMRobertaForSequenceClassification",
    "XLMRobertaForTokenClassification",
)
EXAMPLES = {
    "BAAI/bge-large-en-v1.5": 334_092_288,
    "BAAI/bge-m3": 566_705_152,
    "BAAI/bge-reranker-large": 559_891_457,
}
DEFAULTS = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}
"""transformers.BertConfig (5.19), of the same sizes as RobertaConfig but for the vocabulary"""


def read(keys: Keys) -> Architecture:
    """An encoder and what follows it; scores are float32.

    Source: vllm.model_executor.models.bert, .roberta (0.33.0)
    """
    if keys.text("position_embedding_type") == "rotary":
        return bert_with_rope.jina(keys)
    name = next(str(each) for each in keys.list("architectures") if each in ARCHITECTURES)
    return encoder(keys.with_defaults(DEFAULTS), _after(keys.with_defaults(DEFAULTS), name))


def encoder(keys: Keys, after: tuple[Module, ...]) -> Architecture:
    """The vocabulary's, positions' and types' tables, all divided, and the layers."""
    hidden, heads = keys.int("hidden_size"), keys.int("num_attention_heads")
    vocab_size, positions = keys.int("vocab_size"), keys.int("max_position_embeddings")
    layer = Layer(
        modules=_layer(keys),
        caches=(EncoderOnly(kv_heads=heads, head_size=hidden // heads),),
    )
    tables = {
        "word_embeddings": vocab_size,
        "position_embeddings": positions,
        "token_type_embeddings": keys.int("type_vocab_size"),
    }
    max_model_len, key = derived_max_model_len(keys)
    return Architecture(
        model_type=keys.text("model_type"),
        hidden_size=hidden,
        vocab_size=vocab_size,
        num_attention_heads=heads,
        num_kv_heads=heads,
        head_dim=hidden // heads,
        layers=(layer,) * keys.int("num_hidden_layers"),
        first=(
            *(
                Embedding(name=f"embeddings.{name}", vocab_size=rows, hidden=hidden)
                for name, rows in tables.items()
            ),
            norm("embeddings.LayerNorm", hidden, bias=True),
            Buffer(name="embeddings.position_ids", elements=positions, dtype="int64"),
        ),
        last=after,
        layer_prefix="encoder.layer",
        max_model_len=max_model_len,
        max_model_len_key=key,
        dtype=checkpoint_dtype(keys, keys),
        supports_pp=False,
        pooling=True,
    )


def _layer(keys: Keys) -> tuple[Module, ...]:
    hidden, heads = keys.int("hidden_size"), keys.int("num_attention_heads")
    return (
        *attention(
            hidden=hidden,
            heads=heads,
            kv_heads=heads,
            head_dim=hidden // heads,
            qkv_bias=True,
            out_bias=True,
            prefix="attention",
            names=("self.qkv_proj", "output.dense"),
            matrices=("self.query", "self.key", "self.value"),
        ),
        *mlp(
            hidden=hidden,
            intermediate=keys.int("intermediate_size"),
            gated=False,
            bias=True,
            names=("", "intermediate.dense", "output.dense"),
        ),
        *norms(hidden, "attention.output.LayerNorm", "output.LayerNorm", bias=True),
    )


def _after(keys: Keys, name: str) -> tuple[Module, ...]:
    hidden = keys.int("hidden_size")
    if name == "BertForMaskedLM":
        dense = (
            _dense("mlm_head.dense", hidden, hidden),
            norm("mlm_head.layer_norm", hidden, bias=True),
        )
        return (*dense, _dense("mlm_head.decoder", keys.int("vocab_size"), hidden))
    if not name.endswith(_CLASSIFIERS):
        return ()
    score = _dense("classifier", labels(keys), hidden, dtype="float32")
    if name.endswith("ForTokenClassification"):
        return (score,)
    return (_dense("pooler.dense", hidden, hidden, dtype="float32"), score)


def _dense(name: str, outputs: int, inputs: int, *, dtype: str | None = None) -> Weight:
    """A plain linear layer: its weight and, as one more column, its bias."""
    return Weight(name=name, shape=(outputs, inputs + 1), dtype=dtype)
