"""A backup is restored into an empty portal: the same rows, the same files, all adds up; whatever cannot be is refused, and nothing is written."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from carpentries_portal.common.testing.stack import Stack

MADE = "2018-03-20T12:00:00+00:00"
MAKE = """
from datetime import UTC, datetime
from django.core.files.base import ContentFile
from certification.factories import Team, certify
from certification.models import Submission
now = datetime(2018, 3, 20, 12, tzinfo=UTC)
certify(Team(), now=now, name="Ana Maria Silva")
handed = Submission.objects.first()
handed.file_token = "a-name-of-our-own"
handed.file.save("work.txt", ContentFile(b"what she handed in"))
"""
LOOK = """
import json
from carpentries_portal.common.models import JournalEntry, Notice
from certification.models import CertificateRevision, Submission
from memberships.models import LedgerEntry
print(json.dumps({
    "names": list(CertificateRevision.objects.values_list("name", flat=True)),
    "ledger": list(LedgerEntry.objects.order_by("pk").values_list("event", "seats", "available_after")),
    "journal": list(JournalEntry.objects.order_by("pk").values_list("what", "why")),
    "letters": Notice.objects.count(),
    "file": [one.file.read().decode() for one in Submission.objects.all() if one.file],
}))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stack, Path]:
    """A portal with a certified person and a file, and its backup."""
    stack = Stack(tmp_path_factory.mktemp("portal"), moved=MADE)
    stack.manage("migrate", "--verbosity", "0")
    stack.manage("shell", "-v0", "-c", MAKE)
    archive = stack.folder / "portal.backup"
    said = stack.manage("backup", str(archive))
    assert f"{archive}: " in said
    assert ", 1 files, " in said
    return stack, archive


def seen(stack: Stack) -> dict[str, object]:
    found: dict[str, object] = json.loads(stack.manage("shell", "-v0", "-c", LOOK))
    return found


def refused(stack: Stack, archive: Path) -> str:
    with pytest.raises(subprocess.CalledProcessError) as problem:
        stack.manage("restore", str(archive))
    assert "Traceback" not in problem.value.stderr
    return str(problem.value.stderr).strip()


def test_a_restored_portal_is_the_same_and_adds_up(kept: tuple[Stack, Path], tmp_path: Path) -> None:
    stack, archive = kept
    assert archive.stat().st_mode & 0o077 == 0
    assert not list(stack.folder.glob("*.part"))
    restored = Stack(tmp_path, moved=MADE)
    assert "1 files. All adds up." in restored.manage("restore", str(archive))
    assert seen(restored) == seen(stack)
    assert seen(restored)["file"] == ["what she handed in"]
    assert "All adds up." in restored.manage("audit")
    restored.manage("enforce")  # and it goes on: a night over it
    assert "The database is not empty." in refused(restored, archive)


def rewritten(archive: Path, target: Path, *, drop: str = "", spoil: str = "", **changed: object) -> Path:
    """The archive with a member left out or spoiled, or a value of its manifest changed."""
    with tarfile.open(archive) as there, tarfile.open(target, "w") as here:
        for member in there.getmembers():
            body = there.extractfile(member).read()
            if member.name == "manifest.json":
                body = json.dumps({**json.loads(body), **changed}).encode()
            if spoil and member.name.startswith(spoil):
                body = bytes([body[0] ^ 1]) + body[1:]
            if not drop or not member.name.startswith(drop):
                member.size = len(body)
                here.addfile(member, io.BytesIO(body))
    return target


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"drop": "files/"}, "The backup is damaged: files/"),
        ({"spoil": "database"}, "The backup is damaged: database."),
        ({"drop": "manifest"}, "This is no backup of the portal, or a damaged one"),
        ({"engine": "oracle"}, "The backup is of oracle, this database is"),
        ({"form": 99}, "written by a newer portal"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_written(
    kept: tuple[Stack, Path], tmp_path: Path, how: dict[str, object], why: str
) -> None:
    empty = Stack(tmp_path, moved=MADE)
    assert why in refused(empty, rewritten(kept[1], tmp_path / "other.backup", **how))
    assert not list((tmp_path / "files").rglob("*.txt"))
    empty.manage("restore", str(kept[1]))  # still empty


def test_a_file_cut_short_and_a_text_are_no_backup(kept: tuple[Stack, Path], tmp_path: Path) -> None:
    empty, short, text = Stack(tmp_path, moved=MADE), tmp_path / "short.backup", tmp_path / "text.backup"
    short.write_bytes(kept[1].read_bytes()[:20_000])
    text.write_text("no archive")
    for wrong in (short, text, tmp_path / "none.backup"):
        assert "This is no backup of the portal, or a damaged one" in refused(empty, wrong)


@pytest.mark.parametrize("member", ["../outside", "/tmp/outside-of-a-backup", "link"])
def test_nothing_is_written_outside_the_folder(member: str, tmp_path: Path) -> None:
    empty, archive = Stack(tmp_path, moved=MADE), tmp_path / "hostile.backup"
    with tarfile.open(archive, "w") as packed:
        info = tarfile.TarInfo(member)
        info.size = 3
        if member == "link":
            info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
        packed.addfile(info, io.BytesIO(b"abc"))
    assert "is no plain file of the archive" in refused(empty, archive)
    assert not list(tmp_path.rglob("outside*"))
    assert not Path("/tmp/outside-of-a-backup").exists()


def test_where_no_file_can_be_written_it_says_so(kept: tuple[Stack, Path]) -> None:
    with pytest.raises(subprocess.CalledProcessError) as problem:
        kept[0].manage("backup", "/nowhere/portal.backup")
    assert "CommandError: The backup cannot be written" in problem.value.stderr
