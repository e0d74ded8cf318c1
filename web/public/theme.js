// Runs before the first paint, so that a dark page does not begin white.
(() => {
  const stored = localStorage.getItem("liteagent.theme");
  const system = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = stored === "dark" || (stored !== "light" && system);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
