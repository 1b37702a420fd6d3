// Runs before the first paint, so that a chosen theme never flashes. The choice stays in this browser.
(() => {
  const root = document.documentElement;
  const remembered = () => {
    try {
      return localStorage.getItem("lintel-theme");
    } catch {
      return null; // storage may be forbidden; the system's preference then stands
    }
  };
  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  };
  show(remembered());
  root.classList.add("js");

  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!button) return;
    button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      show(theme);
      button.setAttribute("aria-pressed", String(theme === "dark"));
      try {
        localStorage.setItem("lintel-theme", theme);
      } catch {
        // the choice then lasts as long as the page
      }
    });
  });
})();
