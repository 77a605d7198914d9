// The map on its canvas.

const canvas = document.getElementById("map");
const pen = canvas.getContext("2d");
const view = { x: 0, y: 0, scale: 1 };
let placed = layOut(living());
let curves = curvesOf(living(), placed);

const FONT = 'ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const DASHES = { waiting: [7, 5], held: [7, 5], isolated: [14, 5], unknown: [2, 6], ended: [2, 5] };
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ground", "edge", "text", "soft", "account", "region", "vpc", "vpc-edge", "unseen", "chosen", ...Object.keys(STANDINGS)];
  colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

const widths = new Map();
function fit(text, width) {
  const key = `${pen.font} ${width} ${text}`;
  if (!widths.has(key)) {
    let cut = text;
    while (cut.length > 1 && pen.measureText(cut).width > width) cut = `${cut.slice(0, cut.endsWith("…") ? -2 : -1)}…`;
    widths.set(key, cut);
  }
  return widths.get(key);
}

function write(text, x, y, width, { size = 12, weight = 400, font = FONT, colour = colours.text } = {}) {
  pen.font = `${weight} ${size}px ${font}`;
  pen.fillStyle = colour;
  pen.fillText(fit(text, width), x, y);
}

// Who asked whom: both ends are to be told apart, so that each is cut and not the one that comes last.
function fitEnds({ from, to, label }, width, { weight, size }) {
  pen.font = `${weight} ${size}px ${FONT}`;
  const wide = (text) => pen.measureText(text).width;
  if (wide(label) <= width) return label;
  const room = width - wide(" → ");
  const [one, other] = [wide(from.label), wide(to.label)];
  const first = one < room / 2 ? one : Math.max(room / 2, room - other);
  return `${fit(from.label, first)} → ${fit(to.label, room - Math.min(one, first))}`;
}

function box({ x, y, width, height }, fill, stroke, radius, dashes = []) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = stroke;
  pen.setLineDash(dashes);
  pen.stroke();
  pen.setLineDash([]);
}

// The title of a box is never smaller than one can read, as long as the box has room for it.
function title({ id, name }, x, y, width) {
  const size = Math.max(15, 11.5 / view.scale);
  if (width < size * 3) return;
  write(name || id, x, y + size, width, { size, weight: 600 });
  const left = width - pen.measureText(name || "").width - 10;
  if (name && left > 90 && view.scale > 0.4) write(id, x + width - left, y + size, left, { font: MONO, size: 11, colour: colours.soft });
}

function drawBoxes() {
  pen.lineWidth = Math.min(2, 1 / view.scale);
  for (const { account, regions, ...at } of placed.boxes) {
    box(at, colours.account, colours.edge, 10);
    for (const region of regions) {
      const frame = { x: at.x + region.x, y: at.y + region.y, width: region.width, height: region.height };
      box(frame, colours.region, colours.edge, 8, [3, 3]);
      if (view.scale > 0.35) {
        write(region.region.name, frame.x + PAD, frame.y + 18, frame.width - 2 * PAD, { colour: colours.soft });
        if (region.region.unread) write("could not be read", frame.x + PAD, frame.y + 40, frame.width - 2 * PAD, { colour: colours.held });
      }
    }
  }
}

function drawTitles() {
  for (const { account, x, y, width } of placed.boxes) title(account, x + PAD, y + 6, width - 2 * PAD);
}

function stroke({ points: [x0, y0, x1, y1, x2, y2, x3, y3] }) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.bezierCurveTo(x1, y1, x2, y2, x3, y3);
  pen.stroke();
}

function arrow({ points: [, , , , x2, y2, x3, y3] }, size) {
  const angle = Math.atan2(y3 - y2, x3 - x2);
  pen.beginPath();
  pen.moveTo(x3, y3);
  for (const turn of [-0.4, 0.4]) pen.lineTo(x3 - size * Math.cos(angle + turn), y3 - size * Math.sin(angle + turn));
  pen.fill();
}

function drawCurve(curve, strong) {
  const standing = standingOf(curve.found);
  pen.strokeStyle = pen.fillStyle = colours[standing];
  pen.lineWidth = (strong ? 3 : placed.pills.size ? 2 : 1.4) / Math.max(0.35, Math.min(1, view.scale));
  pen.setLineDash(placed.pills.size || strong || view.scale > 0.3 ? DASHES[standing] || [] : []);
  stroke(curve);
  pen.setLineDash([]);
  if (curve.arrives && (strong || view.scale > 0.25)) arrow(curve, strong ? 12 : 9);
}

function drawCurves(lit) {
  const busy = curves.length > 400 ? 0.32 : placed.pills.size ? 0.95 : 0.6;
  for (const curve of curves) {
    if (!isInSight(curve.room) || !isShown(curve.found)) continue;
    const loud = curve.weight >= 3 ? Math.max(busy, 0.75) : busy;
    pen.globalAlpha = lit && !lit.has(curve.found.key) ? 0.07 : loud;
    drawCurve(curve, false);
  }
  pen.globalAlpha = 1;
}

// The part of the map that is on the screen, found once for each drawing.
let sight = { left: 0, top: 0, right: 0, bottom: 0 };

const isInSight = ({ left, right, top, bottom }) => right > sight.left && left < sight.right && bottom > sight.top && top < sight.bottom;

function lookAt(width, height) {
  const [left, top] = [-view.x / view.scale, -view.y / view.scale];
  sight = { left, top, right: left + width / view.scale, bottom: top + height / view.scale };
}

function drawCard({ vpc, ...at }, faint) {
  if (!isInSight({ left: at.x, top: at.y, right: at.x + at.width, bottom: at.y + at.height })) return;
  pen.globalAlpha = faint ? 0.28 : 1;
  pen.lineWidth = vpc.key === state.chosen ? 3 : 1.2;
  box(
    at,
    vpc.vpc.seen ? colours.vpc : colours.unseen,
    vpc.key === state.chosen ? colours.chosen : colours["vpc-edge"],
    7,
    vpc.vpc.seen ? [] : [4, 4],
  );
  const width = at.width - 20;
  if (view.scale > 0.45) {
    write(vpc.label, at.x + 10, at.y + 20, width, { weight: 600, size: 13 });
    const under = [...idBeside(vpc).map((id) => [id, colours.soft]), [vpc.vpc.cidrs.join(", ") || "blocks unknown", colours.text]];
    under.forEach(([text, colour], row) => write(text, at.x + 10, at.y + 37 + 16 * row, width, { font: MONO, size: 11, colour }));
  } else if (view.scale > 0.16) {
    const size = Math.min(24, 9 / view.scale);
    write(vpc.label, at.x + 8, at.y + at.height / 2 + size / 3, at.width - 14, { weight: 600, size });
  }
  pen.globalAlpha = 1;
}

function drawPill({ found, lines, ...at }, faint) {
  const standing = standingOf(found);
  pen.globalAlpha = faint ? 0.2 : 1;
  pen.lineWidth = found.key === state.chosen ? 3 : 1.6;
  box(at, colours.ground, colours[standing], 8, DASHES[standing] || []);
  const bold = { weight: 600, size: 12.5 };
  write(fitEnds(found, at.width - 20, bold), at.x + 10, at.y + 19, at.width - 20, bold);
  lines.slice(0, 4).forEach((line, row) => {
    const first = row === 0;
    const text = first ? `${STANDINGS[standing].sign} ${line}` : line;
    write(text, at.x + 10, at.y + 19 + PILL.line * (row + 1), at.width - 20, {
      weight: first ? 600 : 400,
      size: 11.5,
      colour: first ? colours[standing] : colours.soft,
    });
  });
  pen.globalAlpha = 1;
}

// Something with its neighbours.
function around(key) {
  const item = key && byKey.get(key);
  if (!item) return new Set();
  if (item.kind === "connection") return new Set([key, item.from.key, item.to.key]);
  return new Set([key, ...item.connections.filter(isShown).flatMap(({ key: own, from, to }) => [own, from.key, to.key])]);
}

// What is not faded: the chosen one with its neighbours, or what a search found. None: everything.
function litKeys() {
  if (state.chosen) return around(state.chosen);
  if (!state.found) return null;
  const found = new Set(state.found);
  for (const connection of connections) if (found.has(connection.key)) found.add(connection.from.key).add(connection.to.key);
  return found;
}

function draw() {
  const ratio = window.devicePixelRatio || 1;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colours.ground;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  pen.fillRect(0, 0, width, height);
  lookAt(width, height);
  pen.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
  const lit = litKeys();
  drawBoxes();
  drawCurves(lit);
  for (const card of placed.spots.values()) drawCard(card, !isVpcShown(card.vpc) || (lit && !lit.has(card.vpc.key)));
  for (const pill of placed.pills.values()) if (isShown(pill.found)) drawPill(pill, lit && !lit.has(pill.found.key));
  drawStrong();
  drawTitles();
  placeRing();
}

// Over everything else: the lines of what is chosen or pointed at, which would be lost among a thousand others.
function drawStrong() {
  const lit = new Set([...around(state.chosen), ...around(state.pointed)]);
  if (!lit.size) return;
  const strong = curves.filter(({ found }) => lit.has(found.key) && isShown(found));
  strong.forEach((curve) => drawCurve(curve, true));
  const notes = placed.pills.size || strong.length > MOST_NOTES ? [] : strong;
  for (const card of placed.spots.values()) if (lit.has(card.vpc.key)) drawCard(card, false);
  for (const pill of placed.pills.values()) if (lit.has(pill.found.key) && isShown(pill.found)) drawPill(pill, false);
  notes.forEach(drawNote);
}

// With more lines than this what is written on them would cover it all.
const MOST_NOTES = 16;

// Its rule and ports on a line that has no card, nearer to the end that asks, where lines are apart.
function drawNote({ found, points }) {
  const { standing: word, rules, openings } = found.connection;
  const size = 11.5 / Math.max(0.6, Math.min(1, view.scale));
  const text = `${STANDINGS[word].sign} ${[rules.join(", ") || word, portsOf({ openings })].filter(Boolean).join(" · ")}`;
  pen.font = `600 ${size}px ${FONT}`;
  const [{ x, y }, width] = [pointAt(points, 0.4), pen.measureText(text).width + 12];
  pen.lineWidth = 1.2;
  box({ x: x - width / 2, y: y - size, width, height: size * 1.9 }, colours.ground, colours[word], 6);
  write(text, x - width / 2 + 6, y + size * 0.35, width, { size, weight: 600, colour: colours[word] });
}

let asked = false;
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}
