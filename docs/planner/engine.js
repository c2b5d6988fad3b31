// The library, in a worker: questions go in, answers come out, in order; those asked while it loads wait there.
//
// A worker made from a blob keeps the policy of the page, so that it can load nothing from elsewhere, either.
import { BUILT } from "./built.js";

const QUIET = 20_000; // without a byte or an answer, that something is wrong is likely [ms]

let worker;
let waiting = new Map(); // of each question, by its number, what to do with the answer
let asked = 0;
let hint;
let tell; // what the page does with {loaded: share}, {ready}, {failed: text} and {slow}

export function start(listener) {
  tell = listener ?? tell;
  const source = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  worker = new Worker(address, { type: "module" });
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = () => hear({ failed: "the worker does not start" });
  worker.postMessage({ built: { ...BUILT, folder: new URL(BUILT.folder, import.meta.url).href } });
  hear({ loaded: 0 });
}

// The answer to a call of `sn_planner.cli.pages`, with the files that it names; {failed: text} where there is none.
export function ask(call, given, files = []) {
  return new Promise((resolve) => {
    asked += 1;
    waiting.set(asked, resolve);
    worker.postMessage({ number: asked, call, given, files });
  });
}

// Ends whatever is being computed, and starts anew, as after what broke the engine.
export function stop(told = { stopped: true }) {
  worker.terminate();
  const left = [...waiting.values()];
  waiting = new Map();
  start();
  for (const resolve of left) resolve(told);
}

function hear(data) {
  clearTimeout(hint);
  if ("number" in data) {
    waiting.get(data.number)?.(data.answer);
    waiting.delete(data.number);
    if (data.broken) stop({ failed: "another question broke the engine" });
    return;
  }
  if ("loaded" in data) hint = setTimeout(() => tell({ slow: true }), QUIET);
  tell(data);
}
