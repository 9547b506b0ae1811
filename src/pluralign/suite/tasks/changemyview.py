"""Change My View: posts in which people state a view and ask others to change it.

Schema of ``threads.jsonl.bz2`` in the Webis ChangeMyView corpus 2020 (Zenodo record 3778298): one thread per line, as
Reddit gives it, with ``id``, ``title``, ``selftext``, ``score``, ``num_comments`` and the comments. The file is large:
it is read once as a stream, a sample of it is kept, and the tasks share the sample. Posts that were deleted, or have
fewer than 5 comments, are left out.
"""

import bz2
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot, first_line
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import reservoir

FOLDER = "http/changemyview"
FILES = (f"{FOLDER}/threads.jsonl.bz2", f"{FOLDER}/threads.jsonl")
THREADS = 10_000
FEWEST_COMMENTS = 5
CHUNK = GeometricPoisson(16)
MOST_PARTS = 500

POOL_CARD = Card(
    name="changemyview_categories",
    kind="steer",
    summary="Predict further posts, or titles of posts, by people who want their view challenged.",
    source="Webis ChangeMyView Corpus 2020",
    access="https://zenodo.org/records/3778298 (threads.jsonl.bz2)",
    licence="CC BY 4.0 (verify)",
    citation="""@misc{webiscmv20,
  title = {Webis {ChangeMyView} Corpus 2020 ({Webis-CMV-20})},
  author = {Al-Khatib, Khalid and V{\\"o}lske, Michael and Syed, Shahbaz and Kolyada, Nikolay and Stein, Benno},
  year = {2020},
  doi = {10.5281/zenodo.3778298}
}""",
    split="train",
    unit="part of the posts or titles",
    generated=("post",),
    files=("|".join(FILES),),
    warning="Contested and sometimes offensive opinions of users of a discussion site.",
    overlaps=("changemyview_posts",),
    fetch=Fetch("http", "https://zenodo.org/records/3778298/files/", FOLDER, ("threads.jsonl.bz2",)),
)
POST_CARD = replace(
    POOL_CARD,
    name="changemyview_posts",
    summary="Predict the text of a post from its title, the title from the text, or the score from both.",
    unit="part of the posts in one of three views",
    given=("title", "text"),
    generated=("text", "title", "score"),
    overlaps=("changemyview_categories",),
)


@dataclass(frozen=True, slots=True)
class _Post:
    title: str
    text: str
    score: int
    comments: int


@task(POOL_CARD)
def categories(root: DataRoot) -> Iterator[Process]:
    """The posts, then the titles, each once, in parts of about 16."""
    posts = _posts(root)
    pools = {
        "post": ([f"{post.title}\n\n{post.text}" for post in posts], "Posts"),
        "title": ([post.title for post in posts], "Titles of posts"),
    }
    for name, (texts, what) in pools.items():
        descriptions = (
            f"{what} from a discussion site where people explain a view of theirs and invite others to change it.",
            f"{what} by people who are open to other opinions on what they think.",
        )
        examples = [Example(text) for text in dict.fromkeys(texts)]
        for number, part in chunks(examples, CHUNK, key=(POOL_CARD.name, name)):
            yield Process(f"{name}/{number}", examples=tuple(part), descriptions=descriptions, metadata={"view": name})


@task(POST_CARD)
def posts(root: DataRoot) -> Iterator[Process]:
    """Three views of the posts, in parts of about 16; at most 500 parts per view, drawn at random."""
    site = "on a discussion site where people ask others to change their view"
    views = {
        "text": (
            lambda post: Example(post.text, post.title),
            (f"Posts {site}: the text that goes with a title.", "The title of a post is given; its author explains."),
        ),
        "title": (
            lambda post: Example(post.title, post.text),
            (
                f"Posts {site}: the title that goes with a text.",
                "A view in one sentence, above the text that argues it.",
            ),
        ),
        "score": (
            lambda post: Example(str(post.score), render({"title": post.title, "text": post.text})),
            (f"The score of posts {site}: votes for minus votes against.", "How many points readers gave to a post."),
        ),
    }
    sample = _posts(root)
    for name, (example, descriptions) in views.items():
        parts = chunks([example(post) for post in sample], CHUNK, key=(POST_CARD.name, name))
        # The posts are in random order, and so the first parts are a random subset.
        for number, part in islice(parts, MOST_PARTS):
            yield Process(f"{name}/{number}", examples=tuple(part), descriptions=descriptions, metadata={"view": name})


def _posts(root: DataRoot) -> tuple[_Post, ...]:
    path = root.file(*FILES)
    status = path.stat()
    return _sample(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1)
def _sample(path: Path, size: int, changed: int) -> tuple[_Post, ...]:
    """The usable ones of 10,000 threads drawn at random; kept until the file changes."""
    threads = reservoir(_threads(path), THREADS, key="changemyview")
    usable = (post for post in threads if post.comments >= FEWEST_COMMENTS and post.title and post.text)
    return tuple({post.title: post for post in usable}.values())


def _threads(path: Path) -> Iterator[_Post]:
    place = f"{path}, line 1"
    try:
        with bz2.open(path, "rt", encoding="utf-8") if path.suffix == ".bz2" else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                place = f"{path}, line {number}"
                thread = json.loads(line)
                yield _Post(
                    _plain(thread["title"]),
                    _plain(thread["selftext"]),
                    int(thread["score"]),
                    int(thread["num_comments"]),
                )
    except KeyError as error:
        raise DataError(f"field {error} is absent", where=place, fix="Fetch it again.") from None
    except (ValueError, TypeError, OSError, EOFError) as error:
        raise DataError(
            f"not readable as a thread: {first_line(error)}", where=place, fix="Fetch the file again."
        ) from None


def _plain(text: str | None) -> str:
    """The text without character references and the moderators' footnote; empty where it was deleted."""
    lines = html.unescape(text or "").splitlines()
    kept = "\n".join(line for line in lines if not re.match(r"\s*>.*this is a footnote", line, re.IGNORECASE)).strip()
    return "" if kept in ("[deleted]", "[removed]") else kept
