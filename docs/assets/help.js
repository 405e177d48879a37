// What axe-core finds in the theme, for people without a mouse: code and tables that scroll cannot be reached with the keyboard,
// and each Copy button is a navigation landmark.
new MutationObserver(improve).observe(document.body, { childList: true, subtree: true });
improve();

function improve() {
  for (const scrolls of document.querySelectorAll("pre > code:not([tabindex]), .md-typeset__scrollwrap:not([tabindex])")) scrolls.tabIndex = 0;
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "presentation");
}
