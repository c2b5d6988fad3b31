// An answer as a page shows it: its parts in the order of the command line, the range large. Texts are text nodes.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  for (const child of children) made.append(child); // one by one: a call takes no 100,000 arguments
  return made;
}

const FIGURES = { usable: "usable", required: "needed", spare: "spare", max_nodes: "nodes at most" };
const FOLDED = { source: "Sources", reason: "Not considered" }; // tables by their last header
const NARROW = 48; // characters of a row that a phone has room for
const FORMS = { manifest: "Manifest", terraform: "Terraform", netbox: "Row for NetBox" };

// What a command answers: `line` is its command line, `files` what it names, of which some were pasted; `explain` asks
// for a code's explanation, `goTo` shows the field of a flag, `say` tells who does not see the page.
export function answerParts({ document: told, json, refusal }, { line, files }, { explain, goTo, say }) {
  const shown = (part) => shownPart(part, { explain, goTo, say });
  const behind = [
    element("h3", {}, "The same on the command line"),
    commandLine(line, say),
    ...files.filter(({ pasted }) => pasted).map(({ name, pasted }) => whatWasPasted(name, pasted)),
    folded("The answer as JSON", code(json, { name: "answer.json", what: "the JSON", say })),
  ];
  if (refusal) return [title("no", refusal.line), ...behind];
  const [first, ...rest] = told.answer.split("\n");
  const data = JSON.parse(json);
  const best = data.schema.startsWith("sn-planner/suggest/") ? data.candidates[0] : undefined;
  const judged = /\/(check|audit)\//.test(data.schema) ? (data.ok ? "yes" : "no") : "";
  return [
    best ? title("range", best.block) : title(judged, first),
    ...(best?.networks.length === 1 ? [figures(best.networks[0])] : []),
    element("p", { class: "verdict" }, ...withLinks([...(best ? [first] : []), ...rest].join("\n"), goTo)),
    ...told.parts.map(shown),
    ...(told.notes.length ? [element("h3", {}, "Assumed and noted")] : []),
    ...told.notes.map((note) => element("p", { class: "note" }, ...withLinks(note, goTo))),
    ...told.explained.map(shown),
    ...Object.entries(FORMS)
      .filter(([form]) => form in told.forms)
      .map(([form, name]) => folded(name, code(told.forms[form], { what: `the ${name.toLowerCase()}`, say }))),
    ...behind,
  ].filter(Boolean);
}

function whatWasPasted(name, text) {
  const save = element("button", { type: "button", onclick: () => saved(text, name) }, "Save it");
  return element("p", {}, element("code", {}, name), " is what was pasted here. ", save);
}

function title(kind, text) {
  return element("h2", { class: `title ${kind}`, tabindex: "-1" }, text);
}

function figures(network) {
  const all = Object.entries(FIGURES).filter(([key]) => network[key] != null);
  return element(
    "dl",
    { class: "figures" },
    ...all.map(([key, name]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(network[key])))),
  );
}

function folded(name, ...children) {
  return element("details", {}, element("summary", {}, name), ...children);
}

function shownPart(part, { explain, goTo, say }) {
  if ("headers" in part) {
    const name = FOLDED[part.headers.at(-1)];
    return part.rows.length ? (name ? folded(name, table(part)) : table(part)) : null;
  }
  if ("fix" in part) {
    const severity = part.severity && element("strong", { class: part.severity }, part.severity);
    const said = withLinks(part.text, goTo);
    return element("div", { class: "remark" }, element("p", {}, severity, severity ? " " : "", ...said), element("p", {}, ...withLinks(part.fix, goTo)));
  }
  const asked = /^Why it matters: sn-planner explain (\S+)$/.exec(part.text);
  if (asked) return why(asked[1], explain, say);
  return text(part.text, goTo, say);
}

function why(of, explain, say) {
  const details = element("details", {}, element("summary", {}, `Why ${of} matters`));
  whenOpened(details, async () => (await explain(of))?.map((part) => shownPart(part, { say })));
  return details;
}

// Fills what is folded when it is first opened; where there was no answer, when it is opened again.
export function whenOpened(details, made) {
  let isAsked = false;
  details.addEventListener("toggle", async () => {
    if (!details.open || isAsked) return;
    isAsked = true;
    const parts = await made();
    isAsked = Boolean(parts);
    details.append(...(parts ?? []));
  });
}

// Sentences; what is indented in them is there to be copied.
function text(said, goTo, say) {
  const lines = said.split("\n");
  const heading = lines[0].startsWith("== ") ? element("h3", {}, lines.shift().slice(3)) : "";
  const sentences = lines.filter((one) => !one.startsWith("    "));
  const indented = lines.filter((one) => one.startsWith("    ")).map((one) => one.slice(4));
  const group = element("div", {}, heading);
  if (sentences.length) group.append(element("p", { class: "sentences" }, ...withLinks(sentences.join("\n"), goTo)));
  if (indented.length) group.append(code(indented.join("\n"), { what: sentences.join(" ").replace(/:$/, ""), say }));
  return group;
}

// A text in which each flag leads to its field, where the form has one.
function withLinks(said, goTo) {
  return said.split(/(--[a-z][a-z0-9-]*)/).map((piece, place) => {
    const go = place % 2 ? goTo?.(piece) : undefined;
    return go ? element("button", { type: "button", class: "link", onclick: go }, piece) : piece;
  });
}

// On a narrow screen each row of a wide table is a record (planner.css), which takes the names of the columns, and roles.
function table({ headers, rows, right }) {
  const longest = (texts) => Math.max(...texts.map((one) => one.length));
  const width = (name, place) => longest([...name.split(" "), ...rows.map((row) => row[place])]);
  const across = headers.reduce((sum, name, place) => sum + width(name, place) + 1, 0);
  const side = (place) => (right[place] ? { class: "number" } : {});
  const head = headers.map((name, place) => element("th", { scope: "col", role: "columnheader", ...side(place) }, name));
  const body = rows.map((row) =>
    element(
      "tr",
      { role: "row" },
      ...row.map((cell, place) => element("td", { role: "cell", "data-name": headers[place], ...side(place) }, cell)),
    ),
  );
  return element(
    "table",
    { role: "table", class: across <= NARROW ? "narrow" : "wide" },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
    element("tbody", { role: "rowgroup" }, ...body),
  );
}

// A text to copy, and to save where it has a name; `what` it is stands in the names of its buttons.
export function code(said, { name, what, say, words = [said] }) {
  const shown = element("pre", { tabindex: "0" }, ...words);
  const copy = element("button", { type: "button", "aria-label": `Copy ${what}` }, "Copy");
  copy.addEventListener("click", () => copied(copy, shown, said, say));
  const save = element("button", { type: "button", "aria-label": `Save ${what}`, onclick: () => saved(said, name) }, "Save");
  return element("div", { class: "code" }, shown, element("p", { class: "do" }, copy, " ", ...(name ? [save] : [])));
}

// A command line, broken between its words only.
export function commandLine(line, say) {
  const words = line.split(" ").flatMap((word) => [element("span", { class: "word" }, word), " "]);
  return code(line, { what: "the command line", say, words });
}

async function copied(button, shown, said, say) {
  try {
    await navigator.clipboard.writeText(said);
    button.textContent = "Copied";
  } catch {
    // only secure pages may write: select it, so that the keys of the system do it
    getSelection().selectAllChildren(shown);
    button.textContent = "Selected: press Ctrl+C";
  }
  say(`${button.textContent}.`);
  setTimeout(() => (button.textContent = "Copy"), 3000);
}

function saved(said, name) {
  const address = URL.createObjectURL(new Blob([said], { type: "text/plain" }));
  element("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
