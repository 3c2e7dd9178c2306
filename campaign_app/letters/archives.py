"""Files as one ZIP with a manifest of their SHA-256 sums. The same files give the same archive."""

import hashlib
import io
import json
import zipfile
from typing import Any

MANIFEST = "manifest.json"
FORMAT = 1
EPOCH = (1980, 1, 1, 0, 0, 0)  # no file has a time of its own


class Archive:
    """A ZIP in the making: `add` each file, then take `content` once."""

    def __init__(self) -> None:
        self._content = io.BytesIO()
        self._archive = zipfile.ZipFile(self._content, "w", zipfile.ZIP_DEFLATED)
        self.files: list[dict[str, Any]] = []

    def add(self, name: str, content: bytes, **said: object) -> None:
        """Put a file in. said: what the manifest says of it besides its size and sum. ValueError for a name twice."""
        if any(each["name"] == name for each in self.files):
            raise ValueError(f"two files of one archive are called {name}")
        self._write(name, content)
        sha256 = hashlib.sha256(content).hexdigest()
        self.files.append({"name": name, **said, "bytes": len(content), "sha256": sha256})

    def content(self, **about: object) -> bytes:
        """Close the archive with its manifest and return it. about: what the manifest says of the whole."""
        manifest = {
            "format": FORMAT,
            **about,
            "files": self.files,
            "total_files": len(self.files),
            "total_bytes": sum(int(each["bytes"]) for each in self.files),
        }
        self._write(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        self._archive.close()
        return self._content.getvalue()

    def _write(self, name: str, content: bytes) -> None:
        entry = zipfile.ZipInfo(name, EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        self._archive.writestr(entry, content)
