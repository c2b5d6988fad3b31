// The page: its four questions, which one is shown, what is asked and answered.
import { answerParts, code, commandLine, element, whenOpened } from "./answers.js";
import { BUILT } from "./built.js";
import * as engine from "./engine.js";
import { Refused, bytesOf, fields, fromAddress, mark, question, refuse, toAddress, unmark } from "./forms.js";

const state = document.getElementById("state");
const progress = document.getElementById("progress");
const stop = document.getElementById("stop");
const SECTIONS = [...document.querySelectorAll("main > section")];
const ELSEWHERE = "The command line does the same: python -m sn_planner.";
const COMPUTING = "Computing …";
const MOST_SEARCHED = 2 ** 23; // of a file whose columns are offered [bytes]

const asks = new Map(); // of each form, how often it was asked: an answer to what was asked again is not shown
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
    say(pending ? COMPUTING : "Ready.");
  } else if (slow) {
    say(`The engine still does not start: the connection, or the browser, may hold it back. ${ELSEWHERE}`);
  } else {
    isReady = false;
    progress.hidden = false;
    progress.value = loaded;
    if (loaded === 0 || loaded === 1)
      say(`${loaded ? "Starting" : "Loading"} the engine …${pending ? " What you asked waits for it." : ""}`);
  }
}

async function ask(call, given, files = []) {
  pending += 1;
  stop.hidden = hasFailed;
  if (isReady) say(COMPUTING);
  else if (!hasFailed) say("Loading the engine … What you asked waits for it.");
  try {
    return await engine.ask(call, given, await bytesOf(files));
  } finally {
    pending -= 1;
    stop.hidden = pending === 0 || hasFailed;
    if (!pending && state.textContent === COMPUTING) say("Ready.");
  }
}

async function submit(form, notes = []) {
  const count = (asks.get(form) ?? 0) + 1;
  asks.set(form, count);
  delete form.dataset.changed;
  unmark(form);
  try {
    const asked = question(form);
    const address = notes.length ? location.hash : toAddress(form);
    if (form.dataset.command === "suggest") show(address);
    const answer = await ask("shown", asked.argv, asked.files);
    if (answer.stopped || asks.get(form) !== count) return;
    unmark(form);
    if (answer.exit_code === 2) refused(form, refuse(form, answer.refusal), answer.refusal.line);
    else answered(form, answer, { ...asked, address, notes });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (asks.get(form) !== count) return;
    mark(error.field, error.message);
    refused(form, error.field, error.message);
  }
}

function answered(form, answer, { line, files, address, notes }) {
  const box = form.parentElement.querySelector(".answer");
  const parts = answer.failed
    ? failure(answer.failed, line)
    : answerParts(answer, { line, files }, { explain: explained, goTo: (flag) => wayTo(form, flag), say });
  box.replaceChildren(...notes.map((note) => element("p", { class: "said" }, note)), ...parts);
  if (form.dataset.command === "suggest") box.append(link(address));
  box.classList.toggle("old", "changed" in form.dataset);
  box.hidden = false;
  const title = box.querySelector(".title");
  say([answer.document?.answer.split("\n")[0] ?? title.textContent, ...notes].join(" "));
  if (isAwaited(form)) title.focus();
}

// Whether who asked still waits: who looks or types elsewhere keeps the focus.
function isAwaited(form) {
  return !form.parentElement.hidden && !("changed" in form.dataset);
}

function refused(form, field, line) {
  form.parentElement.querySelector(".answer").hidden = true;
  say(line);
  if (field) {
    if (isAwaited(form)) field.focus();
  } else {
    const alert = element("p", { class: "error", role: "alert" }, line);
    form.querySelector("button[type=submit]").closest("p").before(alert);
    alert.scrollIntoView({ block: "nearest" });
  }
}

function failure(why, line) {
  const title = element("h2", { class: "title no", tabindex: "-1" }, "The page could not compute this");
  return [title, element("p", {}, `${why}. It may take more memory than a browser has; run:`), commandLine(line, say)];
}

async function explained(of) {
  const { document: told } = await ask("shown", ["explain", of]);
  return told && [{ text: told.answer }, ...told.parts];
}

// What shows the field of a flag, where the form has one.
function wayTo(form, flag) {
  const field = fields(form).find((one) => one.dataset.flag === (flag === "--in-use" ? "--in-use-file" : flag));
  if (!field) return undefined;
  return () => {
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  };
}

function link(address) {
  const left = /without=/.test(address) ? " The networks in use are not in it." : "";
  const whole = new URL(address, location.href).href;
  const told = element("p", {}, `It has what you typed.${left}`);
  return element("div", {}, element("h3", {}, "A link to this plan"), told, code(whole, { what: "the link", say }));
}

// The columns of what is in use, to choose from, as soon as there are some.
async function offerColumns(group) {
  const found = new Set();
  for (const source of group.querySelectorAll("[data-flag='--in-use-file']")) {
    const blobs = source.type === "file" ? [...source.files] : source.value.trim() ? [new Blob([source.value])] : [];
    let hasColumns = false;
    for (const blob of blobs.map((one) => one.slice(0, MOST_SEARCHED))) {
      const { columns } = await ask("columns", "in-use", [{ name: "in-use", blob, field: source }]).catch(() => ({}));
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

// Files fall beside the text they are dropped on, or else into the field of their kind; several are added up.
function takeDrop(event) {
  event.preventDefault();
  const form = SECTIONS.find((one) => !one.hidden).querySelector("form");
  const near = event.target.closest?.("[data-drop]") ?? form;
  const field = near.querySelector("[type=file]");
  if (!event.dataTransfer.files.length || !form.contains(field)) return;
  const all = new DataTransfer();
  for (const file of [...(field.multiple ? field.files : []), ...event.dataTransfer.files]) all.items.add(file);
  field.files = all.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// Keeps an address, and what leads to its section leads to it.
function show(address) {
  history.replaceState(null, "", address);
  const section = address.slice(1).split("?")[0];
  document.querySelector(`nav a[data-to="${section}"]`).href = address;
}

function route() {
  const [name, said] = location.hash.slice(1).split("?");
  const shown = SECTIONS.find((one) => one.id === name) ?? SECTIONS[0];
  for (const section of SECTIONS) section.hidden = section !== shown;
  for (const way of document.querySelectorAll("nav a")) {
    if (way.dataset.to === shown.id) way.setAttribute("aria-current", "page");
    else way.removeAttribute("aria-current");
  }
  document.title = `${shown.querySelector("h2").textContent} – Storage network planner`;
  if (isReady && !pending) say("Ready.");
  const form = shown.querySelector("form");
  if (said && form.dataset.command === "suggest" && document.querySelector("nav a").hash !== location.hash) {
    document.querySelector("nav a").href = location.hash;
    submit(form, fromAddress(form, said)); // a plan that was sent, with its answer
  }
}

function begin() {
  document.getElementById("releases").append(...BUILT.releases.map((value) => element("option", { value })));
  document.getElementById("about").textContent = `sn_planner ${BUILT.version}, on Pyodide ${BUILT.runtime}.`;
  for (const place of document.querySelectorAll("[data-part]"))
    place.replaceWith(document.getElementById(place.dataset.part).content.cloneNode(true));
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(form);
    });
    const changed = () => {
      form.dataset.changed = "";
      form.parentElement.querySelector(".answer").classList.add("old");
    };
    form.addEventListener("input", changed);
    form.addEventListener("change", ({ target }) => target.type === "file" && changed());
  }
  for (const group of document.querySelectorAll("[data-in-use]"))
    group.addEventListener("change", ({ target }) => target.dataset.flag === "--in-use-file" && offerColumns(group));
  for (const asked of document.querySelectorAll("details[data-ask]")) {
    whenOpened(asked, async () => {
      const { text } = await ask("shown", asked.dataset.ask.split(" "));
      return text && [code(text, { name: asked.dataset.file, what: "the script", say })];
    });
  }
  stop.addEventListener("click", () => {
    engine.stop();
    say("Stopped. The engine starts anew …");
    SECTIONS.find((one) => !one.hidden).querySelector("button[type=submit]").focus();
  });
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", takeDrop);
  addEventListener("hashchange", route);
  route();
}

if (!window.cannotStart) {
  engine.start(hear);
  begin();
}
