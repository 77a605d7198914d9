// Moving over the map: by mouse, by fingers, by keys.

const MOST = 3;
const ring = document.getElementById("ring");
const tip = document.getElementById("tip");

// Where something stands: its card, or the middle of its line.
function spotOf(key) {
  const spot = placed.spots.get(key) || placed.pills.get(key);
  if (spot) return spot;
  const curve = curves.find(({ found }) => found.key === key);
  if (!curve) return null;
  const middle = pointAt(curve.points, 0.5);
  return { x: middle.x - 8, y: middle.y - 8, width: 16, height: 16 };
}

// The frame around what is chosen is an element, so that it is as sharp at any scale as the rest of the page.
function placeRing() {
  const spot = state.chosen && spotOf(state.chosen);
  ring.hidden = !spot;
  if (!spot) return;
  const [x, y] = [spot.x * view.scale + view.x - 4, spot.y * view.scale + view.y - 4];
  Object.assign(ring.style, {
    left: `${x}px`,
    top: `${y}px`,
    width: `${spot.width * view.scale + 8}px`,
    height: `${spot.height * view.scale + 8}px`,
  });
}

const smallest = () => Math.min(0.05, fitted().scale);

function fitted() {
  const { left, top, right, bottom } = placed.bounds;
  const [wide, high] = [canvas.clientWidth - 48, canvas.clientHeight - 76];
  const scale = Math.max(0.01, Math.min(1.15, wide / Math.max(1, right - left), high / Math.max(1, bottom - top)));
  return { scale, x: 24 + (wide - (right - left) * scale) / 2 - left * scale, y: 20 + (high - (bottom - top) * scale) / 2 - top * scale };
}

function showEverything() {
  Object.assign(view, fitted());
  redraw();
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const scale = Math.max(smallest(), Math.min(MOST, view.scale * factor));
  Object.assign(view, { x: x - ((x - view.x) * scale) / view.scale, y: y - ((y - view.y) * scale) / view.scale, scale });
  redraw();
}

function move(dx, dy) {
  view.x += dx;
  view.y += dy;
  redraw();
}

// Brings something into sight, near enough to be read, even if it was not shown so far.
function goTo(key) {
  const item = byKey.get(key);
  if (item?.kind === "connection" && !isLiving(item)) showAlso("ended", true);
  if (item?.kind === "vpc" && !isPlaced(item)) showAlso("unconnected", true);
  const spot = spotOf(key);
  if (!spot) return;
  const middle = centre(spot);
  const [x, y] = [middle.x * view.scale + view.x, middle.y * view.scale + view.y];
  const inSight = x > 60 && y > 40 && x < canvas.clientWidth - 60 && y < canvas.clientHeight - 70;
  if (!inSight || view.scale < 0.5) {
    view.scale = Math.max(view.scale, 0.6);
    view.x = canvas.clientWidth / 2 - middle.x * view.scale;
    view.y = canvas.clientHeight / 2 - middle.y * view.scale;
  }
  redraw();
}

function under(event) {
  const { left, top } = canvas.getBoundingClientRect();
  const point = { x: (event.clientX - left - view.x) / view.scale, y: (event.clientY - top - view.y) / view.scale };
  const inside = ({ x, y, width, height }) => point.x >= x && point.y >= y && point.x <= x + width && point.y <= y + height;
  for (const pill of placed.pills.values()) if (inside(pill) && isShown(pill.found)) return pill.found.key;
  for (const card of placed.spots.values()) if (inside(card)) return card.vpc.key;
  const shown = curves.filter(({ found }) => isShown(found));
  return nearest(shown, point, 6 / view.scale)?.key || null;
}

function point(event) {
  const key = under(event);
  canvas.classList.toggle("over", Boolean(key));
  if (key !== state.pointed) {
    state.pointed = key;
    redraw();
  }
  const item = key && byKey.get(key);
  tip.hidden = !item;
  if (!item) return;
  tip.textContent =
    item.kind === "connection"
      ? told(item).join("\n")
      : [item.label, ...idBeside(item), item.vpc.cidrs.join(", "), item.vpc.status].filter(Boolean).join("\n");
  const { left, top } = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - left + 14, event.clientY - top + 14];
  tip.style.left = `${Math.max(0, Math.min(x, canvas.clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${Math.max(0, Math.min(y, canvas.clientHeight - tip.offsetHeight - 4))}px`;
}

const fingers = new Map();
let dragged = 0;

canvas.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
  canvas.setPointerCapture(event.pointerId);
  dragged = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return point(event);
  const other = [...fingers.entries()].find(([id]) => id !== event.pointerId)?.[1];
  const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
  dragged += Math.abs(dx) + Math.abs(dy);
  if (other) {
    const apart = ({ clientX, clientY }) => Math.hypot(clientX - other.clientX, clientY - other.clientY) || 1;
    const { left, top } = canvas.getBoundingClientRect();
    zoom(apart(event) / apart(before), other.clientX - left, other.clientY - top);
  } else if (dragged > 4) {
    tip.hidden = true;
    move(dx, dy);
  }
  fingers.set(event.pointerId, event);
});
canvas.addEventListener("pointerup", (event) => {
  fingers.delete(event.pointerId);
  if (dragged <= 4) choose(under(event));
});
canvas.addEventListener("pointercancel", (event) => fingers.delete(event.pointerId));
canvas.addEventListener("pointerleave", () => {
  state.pointed = null;
  tip.hidden = true;
  redraw();
});
canvas.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const { left, top } = canvas.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 30 : 1;
    zoom(Math.exp((-event.deltaY * lines) / 500), event.clientX - left, event.clientY - top);
  },
  { passive: false },
);
document.getElementById("zoom-in").addEventListener("click", () => zoom(1.4));
document.getElementById("zoom-out").addEventListener("click", () => zoom(1 / 1.4));
document.getElementById("zoom-fit").addEventListener("click", showEverything);

new ResizeObserver(() => {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  draw();
}).observe(canvas);
