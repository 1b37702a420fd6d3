// Copy buttons: the answer's exact text, or the text of the element that the button names.

const SHOWN_MS = 1_600;

export function offerCopies(page, answerText, copied) {
  for (const button of page.querySelectorAll("[data-copy]")) {
    const word = button.querySelector("[data-word]");
    const label = word.textContent;
    button.addEventListener("click", async () => {
      const name = button.dataset.copy;
      await navigator.clipboard.writeText(name === "answer" ? answerText() : document.getElementById(name).textContent);
      word.textContent = copied;
      setTimeout(() => (word.textContent = label), SHOWN_MS);
    });
  }
}
