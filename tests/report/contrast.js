// Every text of the page with too little contrast to what lies behind it, by WCAG 2.2, 1.4.3.
(() => {
  const rgba = (text) => {
    const parts = text.match(/[\d.]+/g);
    return parts && parts.length >= 3 ? parts.map(Number).concat(parts.length < 4 ? [1] : []) : null;
  };
  const light = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const shapes = new Set(["rect", "path", "circle"]);
  const paint = (element) => {
    const style = getComputedStyle(element);
    const svg = element instanceof SVGElement;
    if (svg && !shapes.has(element.tagName)) return null;
    const colour = rgba(svg ? style.fill : style.backgroundColor);
    if (colour) colour[3] *= Number(style.opacity) * (svg ? Number(style.fillOpacity) : 1);
    return colour && colour[3] > 0.5 ? colour : null;
  };
  const wrong = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest("title, desc, style, .skip")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = [...range.getClientRects()].find((r) => r.width > 1 && r.height > 1);
    if (!box) continue;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const style = getComputedStyle(element);
    const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
    const stack = document.elementsFromPoint(x, y);
    if (!stack.length) continue;
    const behind = stack.map(paint).find(Boolean) ?? rgba(getComputedStyle(document.body).backgroundColor);
    const [a, b] = [light(ink), light(behind)].sort((p, q) => q - p);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) wrong.push(`${ratio.toFixed(2)} ${node.data.trim().slice(0, 40)} ${ink} on ${behind}`);
  }
  return wrong;
})()
