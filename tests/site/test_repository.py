"""The repository keeps its own promises: floors, plain rules, locked packages, one history of the tables, true maps."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import campaign_app
from campaign_app.config import ROOT
from campaign_app.extensions import db

PACKAGE = ROOT / "campaign_app"
DOMAIN = sorted(
    path for part in ("operations", "queries", "models", "rules") for path in PACKAGE.glob(f"*/{part}.py")
)
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"
# The folders that git ignores: what a machine made, not what the project says.
NOT_OURS = {line.strip().rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()} | {
    ".git"
}
# A word such as "network/" may stand before such a path; a letter may not.
MACHINE_PATH = re.compile(rb"(?<![\w.~])/(?:work|root|home/\w+|Users/\w+)/")
# Where packages come from is the machine's affair: no file of ours says it.
SOURCES_OF_PACKAGES = re.compile(r"://|--(?:extra-)?index-url|--find-links|^registry", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
BREACHES = {
    "Rooms import only downwards": ("tally/operations.py", "from ..signing import models as _signing\n"),
    "Rules are plain Python": ("signing/rules.py", "import flask\n"),
    "The domain never imports HTTP": ("signing/queries.py", "from . import forms\n"),
}


@pytest.fixture(scope="module")
def pyproject() -> dict[str, object]:
    """Return the project file."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def our_files() -> Iterator[Path]:
    """Yield every file of the project."""
    folders = [ROOT]
    while folders:
        for path in folders.pop().iterdir():
            if path.name in NOT_OURS or path.suffix == ".pyc":
                continue
            if path.is_dir():
                folders.append(path)
            else:
                yield path


def check_contracts(tree: Path) -> str:
    """Return what import-linter says of a copy of the package; empty where every contract is kept."""
    command = [LINT_IMPORTS, "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture
def copied_package(tmp_path: Path) -> Path:
    """Return a folder with a copy of the package and the project file, to be broken."""
    shutil.copytree(
        PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__", "templates")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("contract", BREACHES)
def test_each_contract_of_the_house_refuses_a_deliberate_breach(copied_package, contract):
    name, breach = BREACHES[contract]
    broken = copied_package / PACKAGE.name / name
    broken.write_text(broken.read_text(encoding="utf-8") + breach, encoding="utf-8")

    verdict = check_contracts(copied_package)

    assert re.search(rf"^{contract} BROKEN$", verdict, re.MULTILINE), verdict


def test_a_new_room_must_be_given_a_floor(copied_package):
    (copied_package / PACKAGE.name / "newcomer.py").write_text(
        '"""A module of no floor."""\n', encoding="utf-8"
    )

    assert "newcomer" in check_contracts(copied_package)


def test_rules_may_import_none_of_the_dependencies(pyproject):
    contracts = {each["name"]: each for each in pyproject["tool"]["importlinter"]["contracts"]}
    forbidden = set(contracts["Rules are plain Python"]["forbidden_modules"])
    ours = {canonicalize_name(Requirement(text).name) for text in pyproject["project"]["dependencies"]}

    importable = {
        module
        for module, distributions in packages_distributions().items()
        if not module.startswith("_") and ours & {canonicalize_name(name) for name in distributions}
    }

    assert importable - forbidden == set()


@pytest.mark.parametrize("name", [str(path.relative_to(ROOT)) for path in DOMAIN])
def test_the_domain_knows_no_request(name):
    """import-linter sees only that "flask" is imported; the domain may take current_app from it, no more."""
    taken = {
        alias.name
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("flask", "werkzeug")
        for alias in node.names
    }
    assert taken <= {"current_app"}


def test_the_map_of_the_house_names_every_room_and_every_part_of_the_ground():
    drawn = set(re.findall(r"\w+", campaign_app.__doc__ or ""))

    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    ground = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}

    assert (rooms | ground) - drawn == set()


def test_an_init_file_is_only_a_docstring():
    wrong = [
        str(path)
        for path in PACKAGE.rglob("__init__.py")
        if [type(node) for node in ast.parse(path.read_text(encoding="utf-8")).body] != [ast.Expr]
    ]
    assert wrong == []


def test_there_is_no_drawer_for_odds_and_ends():
    assert [
        path for path in PACKAGE.rglob("*.py") if path.stem in ("utils", "helpers", "services", "common")
    ] == []


def test_the_migrations_make_exactly_the_tables_of_the_models(shared_app: Flask):
    with shared_app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})

        differences = compare_metadata(context, db.metadata)

    assert differences == []


def test_the_tables_have_one_history_without_branches():
    script = ScriptDirectory(str(ROOT / "migrations"))

    revisions = list(script.walk_revisions())

    assert len(script.get_heads()) == 1
    assert [each.revision for each in revisions if each.is_branch_point or each.is_merge_point] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_dependency_is_locked_within_its_range(pyproject, lock):
    wanted = list(pyproject["project"]["dependencies"])
    if "dev" in lock:
        wanted += [text for group in pyproject["dependency-groups"].values() for text in group]
    locked = {
        canonicalize_name(name): version for name, version in PINNED.findall((ROOT / lock).read_text("utf-8"))
    }

    missing = [
        text
        for text in map(Requirement, wanted)
        if not text.specifier.contains(locked.get(canonicalize_name(text.name), "0"), prereleases=True)
    ]

    assert missing == [], "run `make lock`"


def test_both_lock_files_hold_the_same_version_of_what_the_application_runs_on():
    runtime, development = (
        set(PINNED.findall((ROOT / name).read_text("utf-8")))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime <= development


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.findall(r'^  "[a-z][^"]*",(.*)$', text.partition("[build-system]")[0], re.MULTILINE)

    assert listed
    assert [line for line in listed if not re.match(r"\s+# \S", line)] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_says_what_to_install_and_not_from_where(name):
    assert SOURCES_OF_PACKAGES.search((ROOT / name).read_text(encoding="utf-8")) is None


def test_the_project_names_no_source_of_packages(pyproject):
    files_that_would = {"uv.lock", "uv.toml", "pip.conf", ".npmrc", "package-lock.json"}

    assert [path for path in our_files() if path.name in files_that_would] == []
    assert "uv" not in pyproject["tool"]


def test_no_file_names_a_folder_of_somebodys_machine():
    named = [str(path) for path in our_files() if MACHINE_PATH.search(path.read_bytes())]

    assert named == []


def test_every_link_in_the_documents_leads_somewhere():
    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in our_files()
        if document.suffix == ".md"
        for target in LINK.findall(document.read_text(encoding="utf-8"))
        if "://" not in target
        and not target.startswith("mailto:")
        and not (document.parent / target).exists()
    ]
    assert dead == []


def test_a_program_of_the_project_can_be_run():
    programs = [path for path in our_files() if path.read_bytes()[:2] == b"#!"]

    assert ROOT / ".ci" / "run" in programs
    assert [path for path in programs if not path.stat().st_mode & 0o100] == []
