"""A tiny T5 checkpoint with the configuration layout of the released Kaleido models, and a short training of it."""

import string
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedTokenizerFast, T5Config

FIELDS = "Action: ACTION\tVRD: TEXT"
TASKS = {
    "generate": {"template": "[Generate]:\tAction: ACTION", "args": ["ACTION"]},
    "relevance": {"template": f"[Relevance]:\t{FIELDS}", "args": ["ACTION", "VRD", "TEXT"]},
    "valence": {"template": f"[Valence]:\t{FIELDS}", "args": ["ACTION", "VRD", "TEXT"]},
    "explanation": {"template": f"[Explanation]:\t{FIELDS}", "args": ["ACTION", "VRD", "TEXT"]},
}
SYSTEM = {
    "relevance_threshold": {"Value": 0.4, "Right": 0.5, "Duty": 0.6},
    "ngram_threshold": {"f1": 0.7, "precision": 0.9, "recall": 0.8},
    "embed_threshold": {"Value": 0.6, "Right": 0.65, "Duty": 0.7},
    "dedup_across_vrd": False,
}
WORDS = [
    "[Generate]: [Relevance]: [Valence]: [Explanation]: Action: Value: Right: Duty: Right to Duty to",
    "Yes No Supports Opposes Either",
    "Biking to work instead of driving. Telling a friend the truth about a bad haircut.",
    "Health, honesty, safety, fairness, privacy, care for others; it helps, harms or depends.",
]


def build(
    folder: Path,
    texts: Sequence[str] = WORDS,
    *,
    tasks: object = TASKS,
    system: object = SYSTEM,
    width: int = 32,
) -> str:
    """Save a random checkpoint and its tokenizer.

    Args:
        folder: where to.
        texts: whose words get a token each, as those of ``WORDS`` do.
        tasks: ``task_specific_params`` of the configuration; None to leave it out.
        system: ``system_params`` of the configuration; None to leave it out.
        width: of the hidden states.

    Returns:
        the folder.
    """
    words = dict.fromkeys(word for text in [*WORDS, *texts] for word in text.split())
    letters = dict.fromkeys("▁" + "".join(words) + string.ascii_letters + string.digits + string.punctuation)
    pieces = dict.fromkeys([*(f"▁{word}" for word in words), *letters])
    # A known word costs less than its letters.
    scores = [(piece, -5.0 if len(piece) > 1 else -10.0) for piece in pieces]
    tokenizer = Tokenizer(models.Unigram([("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *scores], unk_id=2))
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", "$A $B </s>", [("</s>", 1)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    extra = {"task_specific_params": tasks, "system_params": system}
    config = T5Config(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=width,
        d_kv=width // 4,
        d_ff=2 * width,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=0,
        **{name: value for name, value in extra.items() if value is not None},
    )
    torch.manual_seed(0)
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(folder)
    return str(folder)


def teach(folder: str, pairs: Sequence[tuple[str, str]], *, steps: int, batch: int = 16) -> None:
    """Train a checkpoint on pairs of input and output, and save it in its place."""
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(steps):
        chosen = [pairs[i] for i in torch.randint(len(pairs), (batch,))]
        read = tokenizer([one for one, _ in chosen], padding=True, return_tensors="pt")
        labels = tokenizer([output for _, output in chosen], padding=True, return_tensors="pt").input_ids
        labels = labels.masked_fill(labels == tokenizer.pad_token_id, -100)
        model(input_ids=read.input_ids, attention_mask=read.attention_mask, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
