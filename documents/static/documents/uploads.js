// Many files at once, a bar for each. Without this script the form sends one.

const AT_ONCE = 2;

const form = document.querySelector("[data-uploads]");
const { uploads, sending, stored, failed, again, unreached } = form.dataset;
const field = form.querySelector("input[type=file]");
const list = form.querySelector("[data-list]");
const drop = form.querySelector("[data-drop]");
const said = form.querySelector("[data-said]");
const waiting = [];
let underWay = 0;

field.multiple = true;
field.addEventListener("change", () => take(field.files));

for (const type of ["dragover", "dragleave", "drop"]) {
  form.addEventListener(type, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.toggleAttribute("data-over", type === "dragover");
    if (type === "drop") take(event.dataTransfer.files);
  });
}

// A text is sent by the form itself; files are on their way already.
form.addEventListener("submit", (event) => {
  if (!form.elements.text.value.trim() && list.children.length) event.preventDefault();
});

function take(files) {
  for (const file of files) waiting.push({ file, row: rowOf(file) });
  field.value = "";
  list.hidden = !list.children.length;
  goOn();
}

function goOn() {
  while (underWay < AT_ONCE && waiting.length) send(waiting.shift());
}

function rowOf(file) {
  const row = document.createElement("li");
  const name = document.createElement("strong");
  const state = document.createElement("span");
  const bar = document.createElement("progress");
  name.textContent = file.name;
  state.className = "soft small";
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  row.append(name, state, bar);
  list.append(row);
  return { row, name, state, bar };
}

function send(upload) {
  const { file, row } = upload;
  const body = new FormData();
  body.append("file", file);
  for (const name of ["visibility", "team"]) body.append(name, form.elements[name].value);
  const call = new XMLHttpRequest();
  call.open("POST", uploads);
  call.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  call.responseType = "json";
  call.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) row.bar.value = event.loaded / event.total;
  });
  call.addEventListener("load", () => (call.status === 202 ? done(upload, call.response) : fail(upload, call.response?.detail)));
  call.addEventListener("error", () => fail(upload, unreached));
  call.addEventListener("loadend", () => {
    underWay -= 1;
    goOn();
    if (!underWay) showList();
  });
  underWay += 1;
  row.state.textContent = sending;
  call.send(body);
}

function done({ file, row }, document_) {
  const link = document.createElement("a");
  link.href = `/documents/${document_.id}`;
  row.row.dataset.document = document_.id; // for whoever follows what becomes of it
  link.textContent = file.name;
  row.name.replaceChildren(link);
  row.bar.value = 1;
  tell(file, row, stored);
}

function fail(upload, reason) {
  const { file, row } = upload;
  const why = document.createElement("p");
  const retry = document.createElement("button");
  why.className = "wrong";
  why.textContent = reason ?? "";
  retry.className = "button compact";
  retry.type = "button";
  retry.textContent = again;
  retry.addEventListener("click", () => {
    row.row.remove();
    take([file]);
  });
  row.bar.replaceWith(why, retry);
  tell(file, row, failed);
}

function tell(file, row, word) {
  row.state.textContent = word;
  said.textContent = `${file.name}: ${word}`;
}

async function showList() {
  const answer = await fetch(location.pathname).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("list").replaceWith(page.getElementById("list"));
}
