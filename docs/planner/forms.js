// From a form to a question and back: what is asked is a command line, so that there is one meaning for both.
//
// A field says by itself what it is: `data-flag` its flag, `data-place` that it stands without one, `data-split` that
// it holds several values, `data-file` the name of the file that its text is in. What is long or about the site, a
// textarea, a file, or `data-private`, is never in an address.

export const MOST_BYTES = 32 * 2 ** 20; // of all files together; Python takes several times as much memory
const SEPARATOR = {
  "": /\s*[,;]\s*|(?<![-–/]\s*)\s+(?!\s*[-–/])/, // a first and a last address may have space around their dash
  ",": /\s*,\s*/,
};
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;
const A_WORD = /^(?![-/.~])[^{\n]+$/; // what to check may be a file to the command line: a text that looks like none
const A_KEY = /:(\s|$)/;

export class Refused extends Error {
  constructor(line, field) {
    super(line);
    this.field = field;
  }
}

// What of a form is seen counts.
export function fields(form) {
  return [...form.querySelectorAll("[data-flag], [data-place]")].filter((one) => !one.closest(".columns[hidden]"));
}

export function isPrivate(field) {
  return field.matches("textarea, [type=file], [data-private]");
}

function isFilled(field) {
  return field.type === "file" ? field.files.length > 0 : field.type === "checkbox" ? field.checked : Boolean(field.value.trim());
}

// What a form asks: the command line, the files that it names, and the line to type into a shell.
export function question(form) {
  const placed = [];
  const flagged = [];
  const files = [];
  const chosen = ["--in-use-column", "--in-use-where"];
  const column = fields(form).some((one) => chosen.includes(one.dataset.flag) && isFilled(one));
  for (const field of fields(form)) {
    for (const [flag, value] of given(field, files, column)) {
      if (flag === undefined) placed.push(value);
      else if (value === undefined) flagged.push(flag);
      else flagged.push(...(value.startsWith("-") ? [`${flag}=${value}`] : [flag, value]));
    }
  }
  refusePlaced(form);
  refuseFiles(form, files);
  const argv = [form.dataset.command, ...placed, ...flagged];
  return { argv, files, line: ["python -m sn_planner", ...argv.map(quoted)].join(" ") };
}

// The flags of a field with their values; no value is a flag alone, no flag a value alone.
function* given(field, files, column) {
  const flag = field.dataset.flag;
  if (!isFilled(field)) return;
  if (field.type === "file") {
    for (const file of field.files) {
      const name = fileName(file.name);
      files.push({ name, blob: file, field });
      yield [flag, name];
    }
    return;
  }
  const text = field.value.trim();
  if (field.type === "checkbox") {
    yield field.value === "on" ? [flag] : [flag, field.value];
  } else if ("split" in field.dataset) {
    for (const part of text.split(SEPARATOR[field.dataset.split]).filter(Boolean)) yield [flag, part];
  } else if (!("file" in field.dataset) || ("word" in field.dataset && A_WORD.test(text) && !A_KEY.test(text))) {
    yield [flag, text];
  } else if (flag === "--in-use-file" && column && !("columns" in field.dataset)) {
    // a column is asked of every file: lines, which have none, are given one by one
    for (const line of text.split("\n").map((one) => one.split("#")[0].trim()).filter(Boolean)) yield ["--in-use", line];
  } else {
    files.push({ name: field.dataset.file, blob: new Blob([field.value]), field, pasted: field.value });
    yield [flag, field.dataset.file];
  }
}

function fileName(name) {
  const safe = name.replaceAll("/", "_").replaceAll("\0", "_");
  return /^(-|\.{1,2}$)/.test(safe) ? `./${safe}` : safe;
}

// What a command reads is pasted or chosen, and once where it takes one thing only.
function refusePlaced(form) {
  const places = fields(form).filter((one) => "place" in one.dataset);
  const filled = places.filter(isFilled);
  if (places.length && !filled.length) throw new Refused("there is nothing to read; paste it, or choose a file", places[0]);
  if (filled.length > 1 && !filled.at(-1).multiple) throw new Refused("is given beside a text; leave one of them out", filled.at(-1));
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
      const whose = blob.size < bytes ? `with the others ${name} makes ${mebibytes(bytes)}` : `${name} has ${mebibytes(bytes)}`;
      throw new Refused(`${whose}, this page takes ${mebibytes(MOST_BYTES)}; run: ${command}`, field);
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

// The files as they are sent to the worker: their bytes. A file that was changed after it was chosen cannot be read.
export function bytesOf(files) {
  return Promise.all(
    files.map(async ({ name, blob, field }) => {
      try {
        return { name, bytes: await blob.arrayBuffer() };
      } catch {
        throw new Refused(`${name} cannot be read, it may have changed; choose it again`, field);
      }
    }),
  );
}

// The part of an address that has what a form says, but for what is private, of which it says that it is left out.
export function toAddress(form) {
  const said = new URLSearchParams();
  for (const field of fields(form).filter(isFilled)) {
    if (isPrivate(field)) said.set("without", "networks-in-use");
    else said.append(field.dataset.flag.slice(2), field.type === "checkbox" ? field.value : field.value.trim());
  }
  const text = String(said);
  return `#${form.parentElement.id}${text && `?${text}`}`;
}

// Fills a form from what `toAddress` wrote; returns notes on what could not be filled in.
export function fromAddress(form, text) {
  const said = new URLSearchParams(text);
  const left = new Map([...said.keys()].map((name) => [name, new Set(said.getAll(name))]));
  for (const field of fields(form).filter((one) => !isPrivate(one))) {
    const name = field.dataset.flag.slice(2);
    const values = said.getAll(name).map((value) => value.replace(/\s+/g, " "));
    if (field.type === "checkbox") field.checked = values.includes(field.value);
    else field.value = values.join(" ");
    if (field.type === "checkbox") left.get(name)?.delete(field.value);
    else if (field.value === values.join(" ")) left.delete(name);
    const folded = field.closest("details");
    if (folded && isFilled(field)) folded.open = true;
  }
  const without = left.delete("without");
  const unknown = [...left].flatMap(([name, values]) => [...values].map((value) => `${name}=${value}`));
  return [
    without && "The link comes without the networks in use of whoever sent it: add yours.",
    unknown.length && `The link says ${unknown.join(", ")}, which this page does not know: left out.`,
  ].filter(Boolean);
}

// Shows a refusal beside the field it is about, which is returned; null where it is about none.
export function refuse(form, { field: about, line }) {
  const all = fields(form);
  const column = / column '([^']+)' is not there/.exec(line)?.[1];
  const byColumn = all.filter((one) => column && "private" in one.dataset && one.value.includes(column));
  const names = (one) => (one.type === "file" ? [...one.files].map(({ name }) => name) : [one.dataset.file]);
  const byFile = all.filter((one) => isFilled(one) && names(one).some((name) => name && hasName(line, name)));
  const exactly = all.filter((one) => one.dataset.flag === about);
  const flags = [about, ...(line.match(/--[a-z0-9-]+/g) ?? [])];
  const byFlag = flags.flatMap((flag) => all.filter((one) => one.dataset.flag && isAbout(flag, one.dataset.flag)));
  const places = /^(TARGET|FILE|RANGE|export)\b/.test(about) ? all.filter((one) => "place" in one.dataset) : [];
  const used = [...exactly, ...byColumn, ...byFile, ...byFlag, ...places];
  const field = used.find(isFilled) ?? used[0];
  if (field) mark(field, line);
  return field ?? null;
}

// Whether a line has a file's name, and not as a part of another's.
function hasName(line, name) {
  const at = line.indexOf(name);
  return at >= 0 && !/[\w.-]$/.test(line.slice(0, at)) && !/^\w/.test(line.slice(at + name.length));
}

function isAbout(flag, own) {
  return flag === own || flag.startsWith(`${own} `) || (own === "--in-use-file" && flag === "--in-use");
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
