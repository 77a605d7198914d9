// The map by keys. What they lead to is said to whoever can't see it.

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The nearest VPC in a direction; the first one where none is chosen yet.
function next([x, y]) {
  const from = state.chosen && spotOf(state.chosen);
  const cards = [...placed.spots.values()].filter((card) => isVpcShown(card.vpc));
  if (!from) return cards[0]?.vpc.key || null;
  const start = centre(from);
  const far = (card) => {
    const { x: cx, y: cy } = centre(card);
    const along = (cx - start.x) * x + (cy - start.y) * y;
    const aside = Math.abs((cx - start.x) * y) + Math.abs((cy - start.y) * x);
    return along > 1 ? along + 2.5 * aside : Infinity;
  };
  const best = cards.reduce((one, other) => (far(other) < far(one) ? other : one), cards[0]);
  return best && far(best) < Infinity ? best.vpc.key : null;
}

// Around the connections of a VPC, or on from one of them.
let walked = null;
function walk(step) {
  const item = state.chosen && byKey.get(state.chosen);
  if (!item) return null;
  if (item.kind === "vpc") walked = item;
  const around = (walked || item.from).connections.filter(isShown);
  const at = around.indexOf(item);
  return around.length ? around[(at + step + (at < 0 && step < 0 ? 1 : 0) + around.length) % around.length].key : null;
}

function sayChosen() {
  const item = state.chosen && byKey.get(state.chosen);
  if (!item) return;
  if (item.kind === "connection") return say(`Connection ${told(item).join(", ")}`);
  const { label, account, region, vpc } = item;
  say(
    `VPC ${label}, ${vpc.cidrs.join(", ")}, account ${accountLabel(account)}, ${region}, ${counted(item.connections.filter(isShown).length, "connection", "connections")}`,
  );
}

function go(key) {
  if (!key) return;
  choose(key);
  goTo(key);
  sayChosen();
}

canvas.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (step && event.shiftKey) move(-80 * step[0], -80 * step[1]);
  else if (step) go(next(step));
  else if (event.key === "n" || event.key === "N") go(walk(1));
  else if (event.key === "p" || event.key === "P") go(walk(-1));
  else if (event.key === "+" || event.key === "=") zoom(1.4);
  else if (event.key === "-") zoom(1 / 1.4);
  else if (event.key === "0") showEverything();
  else if (event.key === "Enter" && state.chosen) openDetails(canvas);
  else if (event.key === "Escape") choose(null);
  else return;
  event.preventDefault();
});
