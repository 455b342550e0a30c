"""Finds Chromium for the browser tests, or installs it.

Order: ``FAIRLAB_CHROMIUM``, a Chrome or Chromium on the path, Debian's package (as root),
Playwright's own. Run as a module it prints the path, or fails with the remedy.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ARGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REMEDY = (
    "The browser tests need Chrome or Chromium and none was found. Install one (on Debian or "
    "Ubuntu: apt-get install chromium), or set FAIRLAB_CHROMIUM to its path."
)


def find() -> str | None:
    """Path of an installed browser, or None."""
    given = os.environ.get("FAIRLAB_CHROMIUM")
    if given:
        return given if os.access(given, os.X_OK) else None
    on_path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if on_path:
        return on_path
    return MAC if os.access(MAC, os.X_OK) else _playwrights()


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.access(path, os.X_OK) else None


def install() -> None:
    """Debian's package if this user may install it, else Playwright's browser."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update"], check=False, capture_output=True)
        command = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        done = subprocess.run(command, check=False, capture_output=True)
        if done.returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Find or install; 0 when a browser is there."""
    path = find()
    if path is None:
        install()
        path = find()
    if path is None:
        sys.stderr.write(REMEDY + "\n")
        return 1
    sys.stdout.write(f"Browser for the tests: {path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
