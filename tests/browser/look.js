// What a person sees in the outputs of the notebook that is open, as plain data.
() => {
    const notebook = document.querySelector(".jp-Notebook");
    const outputs = [...notebook.querySelectorAll(".jp-OutputArea-output")];
    const all = (selector) => outputs.flatMap((output) => [...output.querySelectorAll(selector)]).filter(isShown);
    const isShown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
    const style = (element) => getComputedStyle(element);
    const linesOf = (ranges) => {
        const found = []; // each a line of text, from its left to its right edge
        for (const {left, right, top, bottom} of ranges.flatMap((range) => [...range.getClientRects()])) {
            const line = found.find((one) => one.top < (top + bottom) / 2 && (top + bottom) / 2 < one.bottom);
            if (line) {
                Object.assign(line, {left: Math.min(line.left, left), right: Math.max(line.right, right)});
            } else {
                found.push({left, right, top, bottom});
            }
        }
        return found;
    };
    const rangeOf = (node, from = 0, to = node.length) => {
        const range = document.createRange();
        range.setStart(node, from);
        range.setEnd(node, to);
        return range;
    };

    // The inner edges of the output that an element stands in.
    const room = (element) => {
        const box = element.closest(".jp-OutputArea-output");
        const left = box.getBoundingClientRect().left + box.clientLeft;
        const {paddingLeft, paddingRight} = style(box);
        return {left: left + parseFloat(paddingLeft), right: left + box.clientWidth - parseFloat(paddingRight)};
    };
    // How far some boxes reach out of it, in pixels; one may be lost in rounding.
    const beyond = (element, boxes) => {
        const {left, right} = room(element);
        return Math.max(0, ...boxes.map((box) => Math.max(left - box.left, box.right - right) - 1));
    };

    // Any CSS colour as red, green, blue and alpha, of which the last is from 0 to 1.
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const colours = new Map();
    const colour = (text) => {
        if (!colours.has(text)) {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = text;
            canvas.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
            colours.set(text, [red, green, blue, alpha / 255]);
        }
        return colours.get(text);
    };
    const over = ([red, green, blue, alpha], below) =>
        [red, green, blue].map((one, place) => one * alpha + below[place] * (1 - alpha));
    const behind = (element) => {
        const below = element.parentElement ? behind(element.parentElement) : [255, 255, 255];
        return over(colour(style(element).backgroundColor), below);
    };
    // The contrast of text with what is behind it, as WCAG 2 defines it.
    const luminance = (parts) => {
        const linear = (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        const [red, green, blue] = parts.map((one) => linear(one / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (element) => {
        const back = behind(element), front = over(colour(style(element).color), back);
        const [dark, light] = [luminance(front), luminance(back)].sort((one, other) => one - other);
        return (light + 0.05) / (dark + 0.05);
    };

    const textsIn = (element) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), found = [];
        while (walker.nextNode()) {
            const node = walker.currentNode;
            if (node.data.trim() && isShown(node.parentElement) && !node.parentElement.closest("style, script")) {
                found.push(node);
            }
        }
        return found;
    };
    const texts = outputs.filter((one) => one.matches(".jp-RenderedHTML")).flatMap(textsIn);

    const ours = all("table:not(.dataframe)");
    // What stands on more than one line: words with "-" or "/" in them, as names of pods and ranges are, and numbers.
    const words = ours.flatMap(textsIn).flatMap((node) =>
        [...node.data.matchAll(/(?<!\S)(?=\S*[-/])\S{2,160}(?!\S)/g)].map(
            (word) => [word[0], rangeOf(node, word.index, word.index + word[0].length)]));
    const numbers = ours.flatMap((table) => [...table.querySelectorAll("td")]).filter(
        (cell) => style(cell).textAlign === "right").flatMap(textsIn).map((node) => [node.data, rangeOf(node)]);
    const broken = [...words, ...numbers].filter(([, range]) => linesOf([range]).length > 1).map(([text]) => text);

    const caption = (element) => {
        const lines = linesOf(textsIn(element).map((node) => rangeOf(node))), {left, right} = room(element);
        return {
            lines: lines.length,
            part: Math.max(...lines.map((line) => line.right - line.left)) / (right - left), // of the width there is
            above: style(element).captionSide === "top",
            side: style(element).textAlign,
        };
    };
    const table = (element) => {
        const rows = [...element.rows].map((row) => [...row.cells]);
        let box = element;
        while (box !== notebook && style(box).overflowX === "visible") {
            box = box.parentElement;
        }
        return {
            name: (element.caption ?? element.closest("details")?.querySelector("summary"))?.innerText.trim() ?? "",
            ours: ours.includes(element),
            caption: element.caption && caption(element.caption),
            rows: rows.map((cells) => cells.map((cell) => cell.innerText.trim())),
            sides: rows.map((cells) => cells.map((cell) => style(cell).textAlign)),
            beyond: beyond(element, [...element.rows].map((row) => row.getBoundingClientRect())),
            overflow: style(box).overflowX, // of what would cut it off
        };
    };
    const picture = (element) => ({
        natural: element.complete ? element.naturalWidth : 0,
        beyond: beyond(element, [element.getBoundingClientRect()]),
    });

    return {
        theme: document.body.dataset.jpThemeName,
        width: innerWidth,
        light: luminance(behind(notebook)),
        complaints: outputs.filter((one) => /stderr|error/.test(one.dataset.mimeType)).map((one) => one.innerText),
        tables: all("table").map(table),
        pictures: all("img").map(picture),
        texts: texts.map((node) => [node.data.trim(), contrast(node.parentElement)]),
        broken,
    };
}
