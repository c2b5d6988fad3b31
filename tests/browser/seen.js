// Of what is seen of a page: texts whose contrast with their ground is below 4.5 (WCAG 2.2, 1.4.3), and what is cut off.
() => {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const linear = (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [red, green, blue] = parts(colour).map((one) => linear(one / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return getComputedStyle(document.documentElement).backgroundColor;
  };
  const contrast = (node) => {
    const [dark, bright] = [light(getComputedStyle(node).color), light(ground(node))].sort((one, other) => one - other);
    return (bright + 0.05) / (dark + 0.05);
  };
  const hasText = (node) => [...node.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
  const seen = [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility());
  const isCut = (node) => getComputedStyle(node).display !== "inline" && node.scrollWidth > node.clientWidth + 1;
  const shown = (node) => node.outerHTML.slice(0, 90);
  return {
    faint: seen.filter((node) => hasText(node) && contrast(node) < 4.5).map(shown),
    cut: seen.filter((node) => node.matches("main :is(label, td, th, p, pre, h2, select)") && isCut(node)).map(shown),
  };
};
