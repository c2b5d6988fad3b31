// Says why the page cannot start, where it cannot; runs in browsers that know no modules, and where a file is opened.
(function () {
  "use strict";
  var state = document.getElementById("state");
  var lacks = [];
  if (!("noModule" in document.createElement("script"))) lacks.push("JavaScript modules");
  if (typeof WebAssembly !== "object") lacks.push("WebAssembly");
  if (typeof Worker !== "function") lacks.push("workers");
  if (typeof DecompressionStream !== "function") lacks.push("DecompressionStream");
  window.cannotStart = "";
  if (location.protocol === "file:") return; // what the page says by itself is about this
  if (lacks.length) {
    window.cannotStart =
      "This page cannot start: the browser has no " + lacks.join(", no ") +
      ". It takes Firefox 114, Chrome or Edge 113, Safari 16.4, or a later one. The command line does the same: python -m sn_planner.";
    state.textContent = window.cannotStart;
  }
})();
