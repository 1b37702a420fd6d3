// Demonstration log-ins: one click fills both fields, Enter then logs in.
const form = document.querySelector("[data-login]");

for (const button of document.querySelectorAll("[data-username]")) {
  button.addEventListener("click", () => {
    form.elements.username.value = button.dataset.username;
    form.elements.password.value = button.dataset.password;
    form.querySelector("button").focus();
  });
}
