// Swagger's page is dark by a class of its own; it follows the theme that all pages have.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const follow = () =>
  root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

new MutationObserver(follow).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
system.addEventListener("change", follow);
follow();
