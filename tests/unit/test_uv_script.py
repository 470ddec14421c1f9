"""scripts/uv.py: uv looks for packages where pip was told to."""

import runpy

import pytest

from config.services import ROOT

translated = runpy.run_path(str(ROOT / "scripts" / "uv.py"))["translated"]


def test_translated_is_empty_without_configuration() -> None:
    assert translated("") == {}


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("global.index-url='https://mirror.example/simple'", {"UV_DEFAULT_INDEX": "https://mirror.example/simple"}),
        ("global.find-links='/a\\n/b'", {"UV_FIND_LINKS": "/a,/b"}),
        (
            "global.extra-index-url='https://one.example https://two.example'",
            {"UV_INDEX": "https://one.example https://two.example", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        (":env:.cert='/env.pem'\nglobal.cert='/file.pem'\ninstall.cert='/install.pem'", {"SSL_CERT_FILE": "/env.pem"}),
        ("global.timeout='60'\nnot a setting", {}),
    ],
)
def test_translated_says_for_uv_what_pip_was_told(listing: str, expected: dict[str, str]) -> None:
    assert translated(listing) == expected
