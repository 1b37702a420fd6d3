// Says that the network is gone, on every page that has no better way to notice; nothing is sent into the void meanwhile.

const banner = document.querySelector("[data-offline=page]");

if (banner) {
  const show = () => (banner.hidden = navigator.onLine);
  addEventListener("online", show);
  addEventListener("offline", show);
  addEventListener("pageshow", show);
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || event.target.method === "dialog") return;
    event.preventDefault(); // what was typed stays; the browser's own page would take its place
    event.stopImmediatePropagation();
    show();
    banner.scrollIntoView({ block: "nearest" });
  }, { capture: true });
}
