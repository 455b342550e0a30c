"""Settings the live curve depends on. Some are hidden from Streamlit's own listing."""

import subprocess
import sys
import tomllib
from pathlib import Path

from streamlit import config
from streamlit.web.server.app_discovery import discover_asgi_app

ROOT = Path(__file__).parents[2]


def settings() -> dict[str, object]:
    """Our settings as dotted names."""
    file = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    return {
        f"{section}.{name}": value for section, part in file.items() for name, value in part.items()
    }


def test_every_setting_exists_in_the_pinned_streamlit() -> None:
    """A setting Streamlit does not know would be ignored without a word."""
    known = set(config.get_config_options())
    ours = {name for name in settings() if not name.startswith("theme.")}
    assert ours <= known


def test_garbage_is_not_collected_after_every_script_run() -> None:
    """With the default, seven polling visitors stall each other."""
    assert settings()["runner.postScriptGC"] is False


def test_nothing_is_sent_anywhere_and_uploads_are_limited() -> None:
    """Telemetry off; an upload is held in memory, so its size has a limit."""
    assert settings()["browser.gatherUsageStats"] is False
    assert settings()["server.maxUploadSize"] == 50
    assert settings()["server.address"] == "localhost"


def test_streamlit_run_finds_the_application_with_our_routes() -> None:
    """``streamlit run app.py`` must serve our routes, not only the script."""
    found = discover_asgi_app(ROOT / "app.py")
    assert found.is_asgi_app
    assert found.app_name == "app"


def test_a_deep_link_goes_through_app_py() -> None:
    """Else Streamlit runs pages/audit.py on its own for the first visitor."""
    code = (
        "import sys, fairlab.ui.server; from streamlit.runtime.pages_manager import PagesManager; "
        "sys.exit(PagesManager.uses_pages_directory is not False)"
    )
    assert exit_code(code) == 0


def test_the_server_never_imports_torch() -> None:
    """Torch costs 200 MB and slows every garbage collection of the server."""
    code = (
        "import sys, fairlab.ui.server as s; s.routes(); "
        "from fairlab.ui.preload import load_pages; load_pages(); sys.exit('torch' in sys.modules)"
    )
    assert exit_code(code) == 0


def test_what_pages_import_is_loaded_before_anybody_comes() -> None:
    """A module that a page names, and one that it takes from a package."""
    code = (
        "import sys; from fairlab.ui.preload import load_pages; load_pages(); "
        "sys.exit(not {'fairlab.ui.widgets.runs_view', 'fairlab.ui.widgets.examine_flips'} "
        "<= set(sys.modules))"
    )
    assert exit_code(code) == 0


def exit_code(code: str) -> int:
    """Exit code of a fresh interpreter: other tests import and reset what these are about."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode
