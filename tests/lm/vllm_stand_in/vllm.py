"""What of vLLM this project uses, computed with transformers; as strict as vLLM in what it takes.

Names, defaults, and the form of what comes back are those of vLLM 0.11: ``LLM.generate`` gives for each prompt the
log-probabilities of its own tokens and of the likeliest at each place (none at the first), and the drawn tokens with
the one that ended them.
"""

from dataclasses import dataclass
from random import Random

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

__version__ = "0.11.0"


@dataclass
class SamplingParams:
    n: int = 1
    temperature: float = 1.0
    seed: int | None = None
    stop: str | list[str] | None = None
    stop_token_ids: list[int] | None = None
    ignore_eos: bool = False
    max_tokens: int | None = 16
    prompt_logprobs: int | None = None
    detokenize: bool = True

    def __post_init__(self) -> None:
        if self.n < 1 or (self.temperature < 1e-5 and self.n > 1):
            raise ValueError(f"n must be 1 when using greedy sampling, got {self.n}.")
        if self.stop and not self.detokenize:
            raise ValueError("stop strings are only supported when detokenize is True.")
        if self.prompt_logprobs is not None and self.prompt_logprobs > 20:
            raise ValueError("Requested prompt logprobs is greater than max allowed: 20")


@dataclass
class Logprob:
    logprob: float
    rank: int | None = None
    decoded_token: str | None = None


@dataclass
class CompletionOutput:
    index: int
    token_ids: list[int]


@dataclass
class RequestOutput:
    prompt_token_ids: list[int]
    prompt_logprobs: list[dict[int, Logprob] | None] | None
    outputs: list[CompletionOutput]


class LLM:
    def __init__(self, model: str, *, trust_remote_code: bool = False, dtype: str = "auto", max_model_len: int):
        self.model = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype)).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(model)
        self.max_model_len = max_model_len
        limit = self.model.config.max_position_embeddings
        if max_model_len > limit:
            raise ValueError(f"User-specified max_model_len ({max_model_len}) is greater than the derived {limit}")

    def generate(self, prompts, sampling_params=None, *, use_tqdm=True) -> list[RequestOutput]:
        """Prompts are dictionaries with token ids; settings are one for all, or a list."""
        listed = sampling_params if isinstance(sampling_params, list) else [sampling_params] * len(prompts)
        assert len(listed) == len(prompts)
        return [self._one(list(prompt["prompt_token_ids"]), p) for prompt, p in zip(prompts, listed, strict=True)]

    def _one(self, ids: list[int], params: SamplingParams) -> RequestOutput:
        if not all(type(token) is int for token in ids):
            raise TypeError("token ids are integers")
        if len(ids) + 1 > self.max_model_len:
            raise ValueError(f"The decoder prompt (length {len(ids)}) is longer than the maximum model length")
        drawn = [CompletionOutput(index, self._draw(ids, params, index)) for index in range(params.n)]
        return RequestOutput(ids, self._prompt(ids, params.prompt_logprobs), drawn)

    @torch.inference_mode()
    def _logprobs(self, ids: list[int]) -> torch.Tensor:
        return self.model(torch.tensor([ids])).logits[0].float().log_softmax(-1)

    def _prompt(self, ids: list[int], count: int | None) -> list[dict[int, Logprob] | None] | None:
        if count is None:
            return None
        places: list[dict[int, Logprob] | None] = [None]
        for token, row in zip(ids[1:], self._logprobs(ids), strict=False):
            likeliest = row.topk(count).indices.tolist()
            # A token that is among the likeliest stands there once.
            places.append({one: Logprob(row[one].item(), int((row >= row[one]).sum())) for one in (token, *likeliest)})
        return places

    def _draw(self, ids: list[int], params: SamplingParams, index: int) -> list[int]:
        random = Random(None if params.seed is None else params.seed + index)
        ends = {*(params.stop_token_ids or []), *([] if params.ignore_eos else [self.tokenizer.eos_token_id])}
        stop = [params.stop] if isinstance(params.stop, str) else params.stop or []
        drawn: list[int] = []
        while len(drawn) < (params.max_tokens or self.max_model_len) and len(ids) + len(drawn) < self.max_model_len:
            row = self._logprobs([*ids, *drawn])[-1]
            if params.temperature < 1e-5:
                drawn.append(int(row.argmax()))
            else:
                weights = (row / params.temperature).softmax(-1).tolist()
                drawn.append(random.choices(range(len(weights)), weights)[0])
            if drawn[-1] in ends or any(text in self.tokenizer.decode(drawn) for text in stop):
                break
        return drawn
