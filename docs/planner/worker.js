// Python in the browser, and the library in it: `sn_planner.cli.pages` answers each question as the program would.
const FOLDER = "/asked"; // where the files of a question lie
const CALLED = `
import json
from sn_planner.cli import pages
lambda call, given: json.dumps(getattr(pages, call)(json.loads(given)))
`;

let python;
let called; // calls a function of `pages` with JSON, which answers with JSON
let queue = Promise.resolve();

onmessage = ({ data }) => {
  queue = queue.then(() => ("built" in data ? load(data.built) : answer(data)));
};

async function load({ folder, bytes, pyodide, packed }) {
  try {
    countFetches(folder, bytes, packed);
    const { loadPyodide } = await import(`${folder}${pyodide}`);
    const archive = fetch(`${folder}python.zip`).then((response) => response.arrayBuffer());
    const lockFileContents = (await fetch(`${folder}lock.json`)).text();
    python = await loadPyodide({ indexURL: folder, lockFileContents: await lockFileContents });
    const site = python.runPython("import site; site.getsitepackages()[0]");
    python.unpackArchive(new Uint8Array(await archive), "zip", { extractDir: site });
    python.setStdin({ error: true });
    python.FS.mkdir(FOLDER);
    python.FS.chdir(FOLDER);
    called = python.runPython(CALLED);
    postMessage({ ready: true });
  } catch (error) {
    postMessage({ failed: lastLine(error) });
  }
}

// Counts what arrives, says what does not, and unpacks what the build packed: not every host compresses what it sends.
function countFetches(folder, total, packed) {
  const plain = globalThis.fetch;
  let loaded = 0;
  const counter = () =>
    new TransformStream({
      transform(chunk, controller) {
        loaded += chunk.byteLength;
        postMessage({ loaded: Math.min(loaded / total, 1) });
        controller.enqueue(chunk);
      },
    });
  globalThis.fetch = async (what, options) => {
    const name = String(what.url ?? what).replace(folder, "");
    const isPacked = packed.includes(name);
    const response = await plain(`${folder}${name}${isPacked ? ".packed" : ""}`, options).catch(() => null);
    if (!response?.ok) {
      postMessage({ failed: `${name} cannot be loaded${response ? ` (${response.status})` : ""}` });
      throw new Error(name);
    }
    const body = response.body.pipeThrough(counter());
    const headers = { "content-type": name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream" };
    return new Response(isPacked ? body.pipeThrough(new DecompressionStream("gzip")) : body, { headers });
  };
}

function answer({ number, call, given, files }) {
  if (!called) return; // it did not load, which is said
  const names = [];
  try {
    for (const { name, bytes } of files) {
      python.FS.writeFile(name, new Uint8Array(bytes));
      names.push(name);
    }
    const told = called(call, JSON.stringify(given));
    postMessage({ number, answer: JSON.parse(told) });
    for (const one of names) python.FS.unlink(one);
  } catch (error) {
    // nothing is known of what it left behind: the page starts another worker
    postMessage({ number, answer: { failed: lastLine(error) }, broken: true });
  }
}

function lastLine(error) {
  return String(error?.message ?? error).trim().split("\n").at(-1);
}
