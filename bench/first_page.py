"""How long a first-time visitor waits until a file can be chosen, and until the list of tasks appears."""

import shutil
import statistics
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.service import Service

ROUNDS = 9
# Latency (ms) and bytes per second down and up. The first is Lighthouse's and WebPageTest's "Fast 3G", the other the one that
# was in Chrome's developer tools by that name, of which two round trips alone are longer than a second.
NETWORKS = {
    "no throttling": (0, -1, -1),
    "Fast 3G (150 ms, 1.6 Mbit/s)": (150, 1.6e6 / 8, 750e3 / 8),
    "Fast 3G of old developer tools (562 ms, 1.4 Mbit/s)": (562.5, 1.44 * 1024 * 1024 / 8, 675 * 1024 / 8),
}
PAGES = {"/": "input[type=file]", "/tasks": "[data-testid=task]"}
WATCH = """new MutationObserver((_, observer) => {
    if (!document.querySelector('%s')) return;
    window.usableAt = performance.now();
    observer.disconnect();
}).observe(document, {childList: true, subtree: true})"""


def measure(folder: Path) -> list[tuple[str, str]]:
    service = Service(folder, {})
    service.start()
    try:
        service.hand_over(b"abc")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
                args=["--no-sandbox"],
            )
            rows = []
            for path, shown in PAGES.items():
                for name, network in NETWORKS.items():
                    times = [_usable_ms(browser, service.url + path, shown, network) for _ in range(ROUNDS)]
                    figure = f"{statistics.median(times):.0f} ms ({min(times):.0f}–{max(times):.0f})"
                    rows.append((f"`{path}` usable, {name}: median (min–max)", figure))
            browser.close()
            return rows
    finally:
        service.end()


def _usable_ms(browser: Browser, url: str, shown: str, network: tuple[float, float, float]) -> float:
    """Milliseconds from the click on a link to a usable page, with empty caches."""
    latency, down, up = network
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH % shown)
    throttled = {"offline": False, "latency": latency, "downloadThroughput": down, "uploadThroughput": up}
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", throttled)
    page.goto(url)
    page.locator(shown).first.wait_for(state="attached")
    usable_at = float(page.evaluate("window.usableAt"))
    context.close()
    return usable_at
