// The lines of connections, as cubic curves: from the one that asked, by its card where there is one, to the one that was asked.

const centre = (box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });

// The side of a box that faces another one.
function sideOf(box, other) {
  const [one, two] = [centre(box), centre(other)];
  const [dx, dy] = [two.x - one.x, two.y - one.y];
  const besides = Math.abs(dx) - (box.width + other.width) / 2;
  const above = Math.abs(dy) - (box.height + other.height) / 2;
  return besides > above ? (dx > 0 ? "right" : "left") : dy > 0 ? "bottom" : "top";
}

const NORMAL = { left: { x: -1, y: 0 }, right: { x: 1, y: 0 }, top: { x: 0, y: -1 }, bottom: { x: 0, y: 1 } };

function spotOn(box, side, share) {
  const x = side === "left" ? box.x : side === "right" ? box.x + box.width : box.x + box.width * share;
  const y = side === "top" ? box.y : side === "bottom" ? box.y + box.height : box.y + box.height * share;
  return { x, y };
}

function bow(from, to) {
  const reach = Math.max(18, Math.hypot(to.x - from.x, to.y - from.y) * 0.35);
  const [out, into] = [NORMAL[from.side], NORMAL[to.side]];
  return [from.x, from.y, from.x + out.x * reach, from.y + out.y * reach, to.x + into.x * reach, to.y + into.y * reach, to.x, to.y];
}

// Every line leaves its box at a place of its own; those of a side are sorted by where they lead, so that they don't cross for nothing.
function bowed(legs) {
  const sides = new Map();
  const note = (leg, end, box, other) => {
    const side = sideOf(box, other);
    const key = `${box.x} ${box.y} ${side}`;
    const towards = centre(other);
    sides.set(key, [
      ...(sides.get(key) || []),
      { leg, end, box, side, towards: side === "left" || side === "right" ? towards.y : towards.x },
    ]);
  };
  for (const leg of legs) {
    note(leg, "start", leg.from, leg.to);
    note(leg, "stop", leg.to, leg.from);
  }
  for (const ends of sides.values()) {
    ends.sort((one, other) => one.towards - other.towards);
    ends.forEach(({ leg, end, box, side }, at) => (leg[end] = { ...spotOn(box, side, (at + 1) / (ends.length + 1)), side }));
  }
  return legs.map((leg) => ({ found: leg.found, arrives: leg.arrives, points: bow(leg.start, leg.stop) }));
}

// The point of a box's edge on the way to another point.
function edgeTowards(box, point) {
  const middle = centre(box);
  const [dx, dy] = [point.x - middle.x, point.y - middle.y];
  const share = Math.min(box.width / 2 / (Math.abs(dx) || 1e-9), box.height / 2 / (Math.abs(dy) || 1e-9), 1);
  return { x: middle.x + dx * share, y: middle.y + dy * share };
}

// Of many lines each is nearly straight; a second one between the same two bends more.
function straight(found, from, to, order) {
  const [one, other] = [centre(from), centre(to)];
  const bend = 0.06 + 0.05 * order;
  const knee = { x: (one.x + other.x) / 2 - (other.y - one.y) * bend, y: (one.y + other.y) / 2 + (other.x - one.x) * bend };
  const [start, stop] = [edgeTowards(from, knee), edgeTowards(to, knee)];
  const towards = (point) => ({ x: point.x + ((knee.x - point.x) * 2) / 3, y: point.y + ((knee.y - point.y) * 2) / 3 });
  const [first, second] = [towards(start), towards(stop)];
  return { found, arrives: true, points: [start.x, start.y, first.x, first.y, second.x, second.y, stop.x, stop.y] };
}

// Those that work are many and fine: the others lie over them.
const WEIGHT = { working: 0, limited: 1, ended: 1, unmanaged: 1, isolated: 2, waiting: 3, held: 4, blocked: 5 };

// In the order in which they are drawn, with the room that each takes.
function curvesOf(shown, placed) {
  const curves = linesOf(shown, placed).map((curve) => ({ ...curve, weight: WEIGHT[standingOf(curve.found)], room: roomOf(curve.points) }));
  return curves.sort((one, other) => one.weight - other.weight);
}

function roomOf([x0, y0, x1, y1, x2, y2, x3, y3]) {
  return {
    left: Math.min(x0, x1, x2, x3),
    right: Math.max(x0, x1, x2, x3),
    top: Math.min(y0, y1, y2, y3),
    bottom: Math.max(y0, y1, y2, y3),
  };
}

function linesOf(shown, { spots, pills }) {
  if (pills.size) {
    const legs = shown.flatMap((found) => {
      const [from, to, pill] = [spots.get(found.from.key), spots.get(found.to.key), pills.get(found.key)];
      return [
        { found, from, to: pill, arrives: false },
        { found, from: pill, to, arrives: true },
      ];
    });
    return bowed(legs);
  }
  const orders = new Map();
  return shown.map((found) => {
    const pair = [found.from.key, found.to.key].sort().join(" ");
    const order = orders.get(pair) || 0;
    orders.set(pair, order + 1);
    return straight(found, spots.get(found.from.key), spots.get(found.to.key), order);
  });
}

function pointAt([x0, y0, x1, y1, x2, y2, x3, y3], t) {
  const u = 1 - t;
  const of = (a, b, c, d) => u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d;
  return { x: of(x0, x1, x2, x3), y: of(y0, y1, y2, y3) };
}

const PIECES = 14;

// The nearest line to a point, no farther away than `reach`.
function nearest(curves, point, reach) {
  let best = null;
  for (const curve of curves) {
    const { points, room } = curve;
    if (point.x < room.left - reach || point.x > room.right + reach || point.y < room.top - reach || point.y > room.bottom + reach)
      continue;
    let before = pointAt(points, 0);
    for (let piece = 1; piece <= PIECES; piece++) {
      const after = pointAt(points, piece / PIECES);
      const away = distance(point, before, after);
      if (away <= reach) [best, reach] = [curve, away];
      before = after;
    }
  }
  return best && best.found;
}

function distance(point, one, other) {
  const [dx, dy] = [other.x - one.x, other.y - one.y];
  const along = Math.max(0, Math.min(1, ((point.x - one.x) * dx + (point.y - one.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(point.x - one.x - along * dx, point.y - one.y - along * dy);
}
