// From a form to a question and back: what is asked is a command line, so that there is one meaning for both.
//
// A field says by itself what it is: `data-flag` its flag, `data-place` that it stands without one, `data-split` that
// it holds several values, `data-file` the name of the file that its text is in. What is long or about the site, a
// textarea, a file, or `data-private`, is never in an address.

export const MOST_BYTES = 32 * 2 ** 20; // of all files together; Python takes several times as much memory
const SEPARATOR = { "": /[\s,;]+/, ",": /\s*,\s*/ };
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;
const A_RANGE = /^[0-9:][0-9a-fA-F.:/ -]*$/; // anything else to check is put into a file

export class Refused extends Error {
  constructor(line, field) {
    super(line);
    this.field = field;
  }
}

export function fields(form) {
  return [...form.querySelectorAll("[data-flag], [data-place]")];
}

export function isPrivate(field) {
  return field.matches("textarea, [type=file], [data-private]");
}

// What a form asks: the command line, the files that it names, and the line to type into a shell.
export function question(form) {
  const placed = [];
  const flagged = [];
  const files = [];
  const asColumn = form.querySelector("[data-flag='--in-use-column']")?.value;
  for (const field of fields(form)) {
    for (const [flag, value] of given(field, files, asColumn)) {
      if (flag === undefined) placed.push(value);
      else if (value === undefined) flagged.push(flag);
      else flagged.push(...(value.startsWith("-") ? [`${flag}=${value}`] : [flag, value]));
    }
  }
  refuseFiles(form, files);
  const argv = [form.dataset.command, ...placed, ...flagged];
  return { argv, files, line: ["python -m sn_planner", ...argv.map(quoted)].join(" ") };
}

// The flags of a field with their values; no value is a flag alone, no flag a value alone.
function* given(field, files, asColumn) {
  const flag = field.dataset.flag;
  if (field.type === "file") {
    for (const file of field.files) {
      const name = fileName(file.name);
      files.push({ name, blob: file, field });
      yield [flag, name];
    }
  } else if (field.type === "checkbox") {
    if (field.checked) yield field.value === "on" ? [flag] : [flag, field.value];
  } else if (field.value.trim()) {
    const text = field.value.trim();
    if ("split" in field.dataset) {
      for (const part of text.split(SEPARATOR[field.dataset.split]).filter(Boolean)) yield [flag, part];
    } else if (!("file" in field.dataset) || (flag === undefined && A_RANGE.test(text))) {
      yield [flag, text];
    } else if (flag === "--in-use-file" && asColumn && !("columns" in field.dataset)) {
      for (const line of text.split("\n").filter((one) => one.trim())) yield ["--in-use", line.trim()];
    } else {
      files.push({ name: field.dataset.file, blob: new Blob([field.value]), field });
      yield [flag, field.dataset.file];
    }
  }
}

function fileName(name) {
  const safe = name.replaceAll("/", "_").replaceAll("\0", "_");
  return /^(-|\.{1,2}$)/.test(safe) ? `./${safe}` : safe;
}

function refuseFiles(form, files) {
  const names = new Set();
  let bytes = 0;
  for (const { name, blob, field } of files) {
    if (names.has(name)) throw new Refused(`there are two files of the name ${name}; rename one of them`, field);
    names.add(name);
    bytes += blob.size;
    if (bytes > MOST_BYTES) {
      const flag = field.dataset.flag ? `${field.dataset.flag} ` : "";
      const command = `python -m sn_planner ${form.dataset.command} ${flag}${quoted(name)}`;
      const most = `this page takes ${mebibytes(MOST_BYTES)}`;
      throw new Refused(`${name} has ${mebibytes(blob.size)}, ${most}; run: ${command}`, field);
    }
  }
}

function mebibytes(bytes) {
  return `${Math.ceil((bytes / 2 ** 20) * 10) / 10} MiB`;
}

// A word as a POSIX shell takes it.
export function quoted(word) {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

// The files as they are sent to the worker: their bytes.
export function bytesOf(files) {
  return Promise.all(files.map(async ({ name, blob }) => ({ name, bytes: await blob.arrayBuffer() })));
}

// The part of an address that has what a form says, but for what is private; of that it says that it is left out.
export function toAddress(form) {
  const said = new URLSearchParams();
  for (const field of fields(form)) {
    if (isPrivate(field)) {
      if ((field.type === "file" ? field.files.length : field.value.trim()) && "file" in field.dataset | field.type === "file")
        said.set("without", form.querySelector("[data-in-use]")?.contains(field) ? "networks-in-use" : "files");
    } else if (field.type === "checkbox" ? field.checked : field.value.trim()) {
      said.append(field.dataset.flag.slice(2), field.type === "checkbox" ? field.value : field.value.trim());
    }
  }
  return `#${form.parentElement.id}${said.size ? `?${said}` : ""}`;
}

// Fills a form from what `toAddress` wrote; returns what an address says that the form has no place for.
export function fromAddress(form, text) {
  const said = new URLSearchParams(text);
  const known = new Set(["without"]);
  for (const field of fields(form)) {
    if (isPrivate(field)) continue;
    const name = field.dataset.flag.slice(2);
    known.add(name);
    if (field.type === "checkbox") field.checked = said.getAll(name).includes(field.value);
    else field.value = said.getAll(name).join(" ");
    const folded = field.closest("details");
    if (folded && said.has(name)) folded.open = true;
    if (field.matches("select") && said.has(name) && field.value !== said.get(name)) known.delete(name);
  }
  return { without: said.get("without"), unknown: [...new Set(said.keys())].filter((name) => !known.has(name)) };
}

// Shows a refusal beside the field it is about, which is returned; null where it is about none.
export function refuse(form, { field: about, line }) {
  const all = fields(form);
  const names = (one) => (one.type === "file" ? [...one.files].map(({ name }) => name) : [one.dataset.file]);
  const byFile = all.filter((one) => names(one).some((name) => name && line.includes(name)));
  const flags = [about, ...(line.match(/--[a-z0-9-]+/g) ?? [])];
  const byFlag = flags.flatMap((flag) => all.filter((one) => one.dataset.flag && isAbout(flag, one.dataset.flag)));
  const places = /^(TARGET|FILE|RANGE|export)\b/.test(about) ? all.filter((one) => "place" in one.dataset) : [];
  const used = [...byFile, ...byFlag, ...places];
  const field = used.find(isFilled) ?? used[0];
  if (field) mark(field, line);
  return field ?? null;
}

function isAbout(flag, own) {
  return flag === own || flag.startsWith(`${own} `) || (own === "--in-use-file" && flag === "--in-use");
}

function isFilled(field) {
  return field.type === "file" ? field.files.length > 0 : field.type === "checkbox" ? field.checked : Boolean(field.value);
}

let marks = 0;

export function mark(field, line) {
  const note = document.createElement("p");
  note.className = "error";
  note.id = `error-${(marks += 1)}`;
  note.textContent = line;
  field.closest("label").after(note);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", note.id);
  const folded = field.closest("details");
  if (folded) folded.open = true;
}

export function unmark(form) {
  for (const note of form.querySelectorAll(".error")) note.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}
