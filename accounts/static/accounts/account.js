// Account: copy a new token, and bring what matters into view.
import { offerCopies } from "../lintel/copying.js";

const fresh = document.querySelector(".fresh");
if (fresh) offerCopies(fresh, () => "", fresh.dataset.copied);
document.querySelector("[data-fresh], [data-problems]")?.focus();
