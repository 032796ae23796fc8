"""docs/operations.md and what lies beside it agree with the portal: variables, commands, processes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
GUIDE = (ROOT / "docs" / "operations.md").read_text()
SETTINGS = (ROOT / "carpentries_portal" / "settings.py").read_text()
KNOWN = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', SETTINGS)) | {"SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "DATABASE_URL"}
TESTS_ONLY = {"PORTAL_TEST", "PORTAL_CLOCK_FILE", "PORTAL_DEMO", "PORTAL_SWEEP_SECONDS", "DEBUG"}


def test_each_variable_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("## Operations") : readme.index("## Decisions")]
    assert sorted(name for name in KNOWN - TESTS_ONLY if f"`{name}`" not in table) == []


def test_the_example_of_settings_names_what_production_needs_and_nothing_unknown() -> None:
    given = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "portal.env").read_text(), re.MULTILINE))
    assert given <= KNOWN
    needed = set(re.search(r"for name in \(([^)]*)\) if not env\.str", SETTINGS)[1].replace('"', "").replace(" ", "").split(","))
    assert needed | {"DATABASE_URL"} <= given


def test_each_command_of_the_guide_is_one() -> None:
    named = set(re.findall(r"(?:manage|manage\.py) ([a-z_]+)", GUIDE)) - {"as"}
    assert named >= {"migrate", "backup", "restore", "letters", "status", "audit", "createsuperuser", "enforce"}
    assert sorted(named - set(get_commands())) == []


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_each_unit_starts_what_the_procfile_starts(unit: Path) -> None:
    text, procfile = unit.read_text(), (DEPLOY / "Procfile").read_text()
    assert "EnvironmentFile=/etc/portal.env" in text
    assert "User=portal" in text
    started = re.search(r"^ExecStart=/srv/portal/(\S+)(.*)$", text, re.MULTILINE)
    if unit.name == "portal-backup.service":
        assert "manage.py backup" in text
        return
    name = unit.stem.removeprefix("portal-")
    line = next(line for line in procfile.splitlines() if line.startswith(f"{name}: ")).removeprefix(f"{name}: ")
    own = re.sub(
        r" --max-requests\S* \d+", "", started[1] + started[2]
    )  # an old process is replaced where something starts it anew
    assert line.replace("${PORT:-8000}", "8000") == own
    assert f"SyslogIdentifier={unit.stem}\n" in text
    assert f"-t {unit.stem} " in GUIDE.replace("`", " ")
    assert name == "web" or "celery -q " in line  # its banner is no JSON


def test_portal_manage_reads_the_settings_and_what_is_given_goes_before(tmp_path: Path) -> None:
    (tmp_path / "portal.env").write_text(
        'DATABASE_URL=postgres://the/portal\nDEFAULT_FROM_EMAIL="Instructor training <portal@example.org>"\n'
    )
    script = tmp_path / "portal-manage"
    script.write_text((DEPLOY / "portal-manage").read_text().replace("/etc/", f"{tmp_path}/").replace("/srv/portal", str(tmp_path)))
    asked = tmp_path / "runuser"  # who it runs as needs root
    asked.write_text('#!/bin/sh\nprintf "%s|" "$PWD" "$DATABASE_URL" "$DEFAULT_FROM_EMAIL" "$@"\n')
    asked.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for given, meant in (({}, "postgres://the/portal"), ({"DATABASE_URL": "postgres://the/drill"}, "postgres://the/drill")):
        run = subprocess.run(["sh", str(script), "restore", "a file"], env=env | given, check=True, capture_output=True, text=True)
        folder, database, sender, *command = run.stdout.rstrip("|").split("|")
        assert (folder, database, sender) == (str(tmp_path), meant, "Instructor training <portal@example.org>")
        assert command[:3] == ["-u", "portal", "--"]
        assert command[-2:] == ["restore", "a file"]
