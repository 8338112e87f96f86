"""An image that was built before is deployed from its file."""

import json


def test_archive_is_loaded_and_not_built(assembly, production):
    assets = json.loads((assembly / "mublog-archived.assets.json").read_text())["dockerImages"]
    (image,) = assets.values()
    assert "docker load" in " ".join(image["source"]["executable"])
    assert "directory" not in image["source"]
