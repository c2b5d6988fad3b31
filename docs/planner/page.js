// The page: its four questions, which one is shown, what is asked and answered.
import { answerParts, code, commandLine, element } from "./answers.js";
import { BUILT } from "./built.js";
import * as engine from "./engine.js";
import { Refused, bytesOf, fields, fromAddress, mark, question, refuse, toAddress, unmark } from "./forms.js";

const state = document.getElementById("state");
const progress = document.getElementById("progress");
const stop = document.getElementById("stop");
const ELSEWHERE = "The command line does the same: python -m sn_planner.";

let pending = 0; // questions that are not answered yet
let isReady = false;
let hasFailed = false;

function say(text) {
  state.textContent = text;
}

function hear({ loaded, ready, failed, slow }) {
  if (hasFailed) return;
  if (failed) {
    hasFailed = true;
    progress.hidden = stop.hidden = true;
    say(`The engine cannot be loaded: ${failed}. Load the page again. ${ELSEWHERE}`);
  } else if (ready) {
    isReady = true;
    progress.hidden = true;
    say(pending ? "Computing …" : "Ready.");
  } else if (slow) {
    say(`The engine still does not start: the connection, or the browser, may hold it back. ${ELSEWHERE}`);
  } else {
    isReady = false;
    progress.hidden = false;
    progress.value = loaded;
    const waits = pending ? " What you asked waits for it." : "";
    if (loaded === 0 || loaded === 1) say(`${loaded ? "Starting" : "Loading"} the engine …${waits}`);
  }
}

async function ask(call, given, files = []) {
  pending += 1;
  stop.hidden = false;
  if (isReady) say("Computing …");
  const answer = await engine.ask(call, given, await bytesOf(files));
  pending -= 1;
  stop.hidden = pending === 0;
  if (isReady && !pending) say("Ready.");
  return answer;
}

async function submit(form) {
  const box = form.parentElement.querySelector(".answer");
  unmark(form);
  form.querySelector(".alert")?.remove();
  let asked;
  try {
    asked = question(form);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    mark(error.field, error.message);
    error.field.focus();
    box.hidden = true;
    return;
  }
  history.replaceState(null, "", toAddress(form));
  box.classList.add("old");
  const answer = await ask("shown", asked.argv, asked.files);
  if (answer.stopped) return;
  box.classList.remove("old");
  if (answer.failed) {
    box.replaceChildren(failure(answer.failed, asked.line));
  } else if (answer.exit_code === 2) {
    box.hidden = true;
    refused(form, answer.refusal);
    return;
  } else {
    box.replaceChildren(...answerParts(answer, asked.line, { explain: explained, goTo: (flag) => wayTo(form, flag) }));
    if (form.dataset.command === "suggest") box.append(link());
  }
  box.hidden = false;
  const title = box.querySelector(".title");
  say(answer.document?.answer.split("\n")[0] ?? title.textContent);
  title.focus();
}

function failure(why, line) {
  const title = element("h2", { class: "title no", tabindex: "-1" }, "The page could not compute this");
  return element("div", {}, title, element("p", {}, `${why}. It may take more memory than a browser has; run:`), commandLine(line));
}

function refused(form, refusal) {
  const field = refuse(form, refusal);
  say(refusal.line);
  if (field) {
    field.focus();
  } else {
    const alert = element("p", { class: "error alert", role: "alert" }, refusal.line);
    form.querySelector("button[type=submit]").closest("p").before(alert);
    alert.scrollIntoView({ block: "nearest" });
  }
}

async function explained(of) {
  const { document: told } = await ask("shown", ["explain", of]);
  return [{ text: told.answer }, ...told.parts];
}

// What shows the field of a flag, where the form has one.
function wayTo(form, flag) {
  const field = fields(form).find((one) => one.dataset.flag === (flag === "--in-use" ? "--in-use-file" : flag));
  if (!field) return undefined;
  return () => {
    for (let folded = field.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  };
}

function link() {
  const left = /without=networks-in-use/.test(location.hash) ? " The networks in use are not in it." : "";
  return element("div", {}, element("h3", {}, "A link to this plan"), element("p", {}, `It has what you typed.${left}`), code(location.href));
}

// The columns of what is in use, to choose from, as soon as there are some.
async function offerColumns(group) {
  const sources = [...group.querySelectorAll("[data-flag='--in-use-file']")];
  const found = new Set();
  for (const source of sources) {
    const blobs = source.type === "file" ? [...source.files] : source.value.trim() ? [new Blob([source.value])] : [];
    let hasColumns = false;
    for (const blob of blobs.filter((one) => one.size < 2 ** 23)) {
      const { columns } = await ask("columns", "in-use", [{ name: "in-use", blob }]);
      for (const name of columns ?? []) found.add(name);
      hasColumns ||= Boolean(columns?.length);
    }
    source.toggleAttribute("data-columns", hasColumns);
  }
  const select = group.querySelector("select");
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...[...found].map((name) => element("option", {}, name)));
  select.value = found.has(chosen) ? chosen : "";
  group.querySelector(".columns").hidden = found.size === 0;
}

// Files fall into the field they are dropped on, or else into the only one of the form, or of its networks in use.
function takeDrops(form) {
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const near = event.target.closest("fieldset")?.querySelector("[type=file]");
    const field = near ?? form.querySelector("[type=file]");
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function route() {
  const [name, said] = location.hash.slice(1).split("?");
  const shown = document.getElementById(["find", "check", "diagnose", "audit"].includes(name) ? name : "find");
  for (const section of document.querySelectorAll("main > section")) section.hidden = section !== shown;
  for (const way of document.querySelectorAll("nav a")) {
    if (way.hash === `#${shown.id}`) way.setAttribute("aria-current", "page");
    else way.removeAttribute("aria-current");
  }
  document.title = `${shown.querySelector("h2").textContent} – Storage network planner`;
  if (isReady && !pending) say("Ready.");
  if (said) open(shown.querySelector("form"), said);
}

// A plan that was sent: its inputs, and its answer.
function open(form, text) {
  const { without, unknown } = fromAddress(form, text);
  const notes = [
    without && "The link comes without the networks in use, or files, of whoever sent it: add yours.",
    unknown.length && `The link says ${unknown.join(", ")}, which this page does not know: left out.`,
  ].filter(Boolean);
  const said = form.querySelector(".said") ?? form.querySelector("h2");
  if (said.matches(".said")) {
    said.textContent = notes.join(" ");
    said.hidden = !notes.length;
  }
  submit(form);
}

function begin() {
  document.getElementById("releases").append(...BUILT.releases.map((value) => element("option", { value })));
  document.getElementById("about").textContent = `sn_planner ${BUILT.version}, on Pyodide ${BUILT.runtime}.`;
  for (const place of document.querySelectorAll("[data-part]"))
    place.replaceWith(document.getElementById(place.dataset.part).content.cloneNode(true));
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.querySelector(".said")?.setAttribute("hidden", "");
      submit(form);
    });
    form.addEventListener("input", () => form.parentElement.querySelector(".answer").classList.add("old"));
    takeDrops(form);
  }
  for (const group of document.querySelectorAll("[data-in-use]")) group.addEventListener("change", ({ target }) => {
    if (target.dataset.flag === "--in-use-file") offerColumns(group);
  });
  for (const button of document.querySelectorAll("[data-ask]"))
    button.addEventListener("click", async () => {
      const box = button.closest("section").querySelector(".answer");
      const argv = button.dataset.ask.split(" ");
      const answer = await ask("shown", argv);
      box.replaceChildren(...answerParts(answer, "", {}));
      box.hidden = false;
      box.classList.remove("old");
      box.querySelector(".title").focus();
    });
  stop.addEventListener("click", engine.stop);
  addEventListener("hashchange", route);
  route();
}

if (!window.cannotStart) {
  engine.start(hear);
  begin();
}
