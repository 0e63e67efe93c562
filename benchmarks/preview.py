"""How long a save takes to the screen of a browser that previews the lesson, and how long the preview takes to start.

    python benchmarks/preview.py

A copy of the real courses is previewed, and the largest lesson of the one with the most text is open in Chromium. Each
of 20 saves changes a paragraph of it. The clock runs from before the file is written until the frame that shows the
new words is painted, and both ends are read from the machine's clock. Writes results-preview.md beside this file.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from statistics import median, quantiles

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SAVES = 20
TARGET = 300
"""Milliseconds, of the median."""
PORT = 8171
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAINTED = """(words) => { window.painted = new Promise((done) => {
  const main = document.querySelector("main");
  const seen = new MutationObserver(() => {
    if (!main.textContent.includes(words)) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.timeOrigin + performance.now())));
  });
  seen.observe(main, { subtree: true, childList: true, characterData: true });
}); }"""


def largest(content: Path) -> Path:
    """The largest lesson of the course with the most text."""
    courses: dict[str, list[Path]] = {}
    for lesson in content.glob("*/lessons/*.md"):
        courses.setdefault(lesson.parts[-3], []).append(lesson)
    most = max(courses.values(), key=lambda lessons: sum(lesson.stat().st_size for lesson in lessons))
    return max(most, key=lambda lesson: lesson.stat().st_size)


def started(content: Path) -> tuple[subprocess.Popen[bytes], float]:
    """The preview of the folder, and the milliseconds until it showed its first page."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "lms.cli", "preview", "--port", str(PORT), "--content", str(content)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5):
                return process, (time.perf_counter() - began) * 1000
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)  # the preview is still starting
    raise SystemExit("The preview did not start.")


def saves(page: Page, lesson: Path) -> list[float]:
    """The milliseconds from each save to the screen."""
    text = lesson.read_text("utf-8")
    head, rest = text.split("\n## ", 1)
    found = []
    for number in range(SAVES):
        words = f"This is save number {number} of this lesson."
        page.evaluate(PAINTED, words)
        began = time.time()
        lesson.write_text(f"{head}\n{words}\n\n## {rest}", "utf-8")
        found.append(page.evaluate("window.painted") - began * 1000)
        time.sleep(0.3)  # the next save is one of its own, as an author's is
    return found


def main() -> None:
    """Measure, and write the results."""
    browser_path = next(
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        content = Path(folder) / "content"
        shutil.copytree(ROOT / "content", content)
        lesson = largest(content)
        process, start = started(content)
        try:
            browser = driver.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{PORT}/RS.en/{lesson.parts[-3]}/lessons/{lesson.stem}")
            page.wait_for_timeout(1000)
            words = len(lesson.read_text("utf-8").split())
            times = saves(page, lesson)
            named = f"Chromium {browser.version}"
            browser.close()
        finally:
            process.kill()
            process.wait()
    p95 = quantiles(times, n=20)[-1]
    text = f"""# Preview: from a save to the screen

Written by `python benchmarks/preview.py`. {time.strftime("%Y-%m-%d")}; Python {python_version()}, {named},
watchfiles {version("watchfiles")}. The lesson `{lesson.parts[-3]}/{lesson.stem}`, {words:,} words, in the real courses.

| | ms |
| --- | ---: |
| A save is on the screen, median of {SAVES} (at most {TARGET}) | {median(times):.0f} |
| fastest, slowest | {min(times):.0f}, {max(times):.0f} |
| 95th percentile | {p95:.0f} |
| The preview starts and shows its first page | {start:.0f} |
"""
    (HERE / "results-preview.md").write_text(text, "utf-8")
    print(text)
    if median(times) > TARGET:
        raise SystemExit("The target is missed.")


if __name__ == "__main__":
    main()
