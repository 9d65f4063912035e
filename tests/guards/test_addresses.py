"""The repository works from any index and in any directory, so it names neither."""

import re

from tests.guards.repository import files, texts

# Spelled in pieces: this file is read by its own test.
INDEXES = re.compile(
    "|".join(
        [
            "py" + r"pi\.(org|io)",
            "python" + r"hosted\.org",
            "registry" + r"\.npmjs\.org",
            "--(extra-)?index" + "-url",
        ]
    )
)
OPTION_USES = {"tools/lock.py"}  # Passes the option that keeps addresses out.
PATHS = re.compile(r"(?<![\w.:/@~$}-])/(?:home|root|Users|work|opt|mnt)/[\w.-]+")


def test_no_file_names_a_package_index() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        if name not in OPTION_USES
        for number, line in enumerate(text.splitlines(), 1)
        if INDEXES.search(line)
    ]
    assert found == [], "drop the address; pip's own settings say where packages come from:\n" + "\n".join(
        found
    )


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if PATHS.search(line)
    ]
    assert found == [], "say the path relative to the repository, or take it as an option:\n" + "\n".join(
        found
    )


def test_nothing_built_is_kept() -> None:
    built = [path.name for path in files() if path.suffix in {".so", ".pyc", ".whl", ".sqlite3"}]
    assert built == [], f"`git rm --cached` these and name them in .gitignore: {built}"
