"""Files of one revision of a data set on the Hugging Face hub.

The client of the hub says what there is; the files come by our own download, which goes on where a pull was cut off
(the client begins each file anew).
"""

import fnmatch
import shutil
from pathlib import Path

from pluralign.errors import DataError
from pluralign.suite.data import first_line
from pluralign.suite.download import Progress, download
from pluralign.suite.registry import Fetch


def snapshot(fetch: Fetch, got: Path, progress: Progress) -> str:
    """Put the wanted files of a data set into the folder ``got``; files that are there already are not fetched again.

    Returns:
        the commit.

    Raises:
        DataError: the hub cannot be reached, has no such data set or revision, or wants its terms accepted first.
    """
    commit, addresses, authorization = _listed(fetch)
    # What an earlier attempt has left belongs to the commit that was the newest then.
    note = got.with_name("commit")
    if not note.exists() or note.read_text(encoding="utf-8") != commit:
        shutil.rmtree(got, ignore_errors=True)
        note.write_text(commit, encoding="utf-8")
    for name, address in addresses.items():
        path = got / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            download(address, path, progress, authorization=authorization)
    return commit


def _listed(fetch: Fetch) -> tuple[str, dict[str, str], str | None]:
    """The commit, the addresses of its wanted files by name, and what a request for them must carry."""
    import huggingface_hub
    from huggingface_hub import errors, utils

    try:
        info = huggingface_hub.HfApi().dataset_info(fetch.address, revision=fetch.revision)
        names = [sibling.rfilename for sibling in info.siblings or ()]
        addresses = {
            name: huggingface_hub.hf_hub_url(fetch.address, name, repo_type="dataset", revision=info.sha)
            for name in names
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in fetch.files)
        }
        if addresses:  # a gated data set lists its files, but gives none
            huggingface_hub.get_hf_file_metadata(next(iter(addresses.values())))
    except errors.GatedRepoError:
        fix = "Accept its terms on its page, log in with `hf auth login`, and pull again."
        raise DataError("the data set is gated", where=f"the hub, {fetch.address}", fix=fix) from None
    except errors.RevisionNotFoundError:
        raise DataError(
            f"the data set has no revision {fetch.revision}", where=f"the hub, {fetch.address}", fix="Mend its card."
        ) from None
    except errors.RepositoryNotFoundError:
        fix = "See whether it has moved; a private one needs `hf auth login`."
        raise DataError("the hub has no such data set", where=fetch.address, fix=fix) from None
    except Exception as error:  # the errors of the HTTP library that the client uses differ between its versions
        reason = first_line(error).rstrip(".")
        fix = "Check the connection (and that HF_HUB_OFFLINE is not set), and pull again."
        raise DataError(f"the hub does not answer: {reason}", where=fetch.address, fix=fix) from None
    return str(info.sha), addresses, utils.build_hf_headers().get("authorization")
