// The Cost page: what a program would ask for is copied by a button.

import { offerCopies } from "../lintel/copying.js";

const page = document.querySelector("[data-copied]");

offerCopies(page, () => "", page.dataset.copied);
