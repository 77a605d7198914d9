// Where everything stands. Inside an account there is nothing to find out: cards in rows. Where the accounts stand is found by d3-force, which puts hubs
// in the middle and what is connected beside it.

const CARD = { width: 208, height: 64, gap: 14 };
const PAD = 12;
const REGION_TITLE = 28;
const ACCOUNT_TITLE = 34;
const PILL = { width: 216, line: 16, gap: 26 };
// Between two accounts, where lines pass.
const STREET = 56;
// A map is wider than high, as screens are.
const RATIO = 1.6;
// Where many accounts stand the more so: forces stretch a crowd.
let stretch = RATIO;
// With more connections than this their cards would hide the map: they are lines, and tell more when they are pointed at.
const MOST_PILLS = 12;

function inRows(sizes, gap, width) {
  let [x, y, high, wide] = [0, 0, 0, 0];
  const spots = sizes.map((size) => {
    if (x > 0 && x + size.width > width) [x, y, high] = [0, y + high + gap, 0];
    const spot = { x, y };
    x += size.width + gap;
    high = Math.max(high, size.height);
    wide = Math.max(wide, x - gap);
    return spot;
  });
  return { spots, width: wide, height: y + high };
}

const rowWidth = (sizes, gap) => {
  const area = sum(sizes.map((size) => (size.width + gap) * (size.height + gap)));
  return Math.max(...sizes.map((size) => size.width), Math.sqrt(area * RATIO) * 1.15 + gap);
};

function regionBox(members) {
  const sizes = members.map(() => CARD);
  const rows = inRows(sizes, CARD.gap, rowWidth(sizes, CARD.gap));
  const cards = members.map((vpc, at) => ({
    vpc,
    x: PAD + rows.spots[at].x,
    y: REGION_TITLE + rows.spots[at].y,
    width: CARD.width,
    height: CARD.height,
  }));
  return { cards, width: Math.max(rows.width, CARD.width) + 2 * PAD, height: REGION_TITLE + rows.height + PAD };
}

function accountBox(account) {
  const regions = account.regions.flatMap((region) => {
    const members = region.vpcs.map((vpc) => vpcByKey.get(keyOf(account.id, region.name, vpc.id))).filter(isPlaced);
    if (!members.length && !region.unread) return [];
    return { region, ...(members.length ? regionBox(members) : { cards: [], width: CARD.width + 2 * PAD, height: REGION_TITLE + 26 }) };
  });
  const rows = inRows(regions, CARD.gap, rowWidth(regions, CARD.gap));
  const placed = regions.map((region, at) => ({ ...region, x: PAD + rows.spots[at].x, y: ACCOUNT_TITLE + rows.spots[at].y }));
  return { account, regions: placed, width: rows.width + 2 * PAD, height: ACCOUNT_TITLE + rows.height + PAD };
}

// d3-force knows circles: boxes push each other apart along the axis on which less of them is covered.
function apart(gap) {
  let boxes = [];
  const force = () => {
    let moved = false;
    for (let one = 0; one < boxes.length; one++)
      for (let other = one + 1; other < boxes.length; other++) moved = push(boxes[one], boxes[other], gap) || moved;
    return moved;
  };
  force.initialize = (nodes) => (boxes = nodes);
  return force;
}

function push(one, other, gap) {
  const between = one.pill && other.pill ? PILL.gap : gap;
  const [dx, dy] = [other.x - one.x, other.y - one.y];
  const [wide, high] = [(one.width + other.width) / 2 + between / stretch, (one.height + other.height) / 2 + between];
  const [overX, overY] = [wide - Math.abs(dx), high - Math.abs(dy)];
  if (overX <= 0.5 || overY <= 0.5) return false;
  // The lighter one gives way.
  const share = other.weight / (one.weight + other.weight);
  const [way, over] = overX / wide < overY / high ? ["x", overX] : ["y", overY];
  const sign = (way === "x" ? dx : dy) < 0 ? -1 : 1;
  one[way] -= sign * over * share;
  other[way] += sign * over * (1 - share);
  return true;
}

// One number for each pair of accounts with how many connections lead there.
function pairs(shown, index) {
  const found = new Map();
  for (const { from, to } of shown) {
    const [one, other] = [index.get(from.account), index.get(to.account)].sort((a, b) => a - b);
    if (one === other) continue;
    const key = `${one}-${other}`;
    found.set(key, { source: one, target: other, count: (found.get(key)?.count || 0) + 1 });
  }
  return [...found.values()];
}

// Whoever asks stands to the left of whoever is asked, as one reads it.
function leaning(box, shown) {
  const across = shown.filter(({ from, to }) => from.account !== to.account);
  const out = across.filter(({ from }) => from.account === box.account).length;
  const into = across.filter(({ to }) => to.account === box.account).length;
  return out + into ? (into - out) / (out + into) : 0;
}

// In a space as high as it is wide, so that what comes of it fills a screen.
function nodesOf(boxes, pills, shown) {
  const nodes = boxes.map((box) => ({
    width: box.width / stretch,
    height: box.height,
    weight: box.width * box.height,
    lean: leaning(box, shown),
  }));
  const spread = Math.sqrt(sum(nodes.map((node) => (node.width + STREET) * (node.height + STREET))));
  nodes.forEach((node, at) => {
    const [turn, away] = [at * Math.PI * (3 - Math.sqrt(5)), spread * 0.5 * Math.sqrt((at + 0.5) / nodes.length)];
    node.wish = node.lean * spread * (pills.length ? 0.4 : 0);
    node.x = away * Math.cos(turn) + node.wish;
    node.y = away * Math.sin(turn);
  });
  return nodes;
}

function cardsOf(pills, nodes, index) {
  return pills.map((pill) => {
    const [from, to] = [nodes[index.get(pill.found.from.account)], nodes[index.get(pill.found.to.account)]];
    return {
      pill,
      from,
      to,
      width: pill.width / stretch,
      height: pill.height,
      weight: 2000,
      x: (from.x + to.x) / 2,
      y: (from.y + to.y) / 2,
    };
  });
}

function settle(boxes, pills, shown) {
  stretch = pills.length ? RATIO : 2.2;
  const index = new Map(boxes.map((box, at) => [box.account, at]));
  const nodes = nodesOf(boxes, pills, shown);
  const cards = cardsOf(pills, nodes, index);
  const between = pairs(shown, index);
  const most = Math.max(1, ...between.map(({ count }) => count));
  const links = cards.length
    ? cards.flatMap((card) => [
        { source: card.from, target: card },
        { source: card, target: card.to },
      ])
    : between;
  const reach = (node) => (node.width + node.height) / 4;
  const all = [...nodes, ...cards];
  const forces = d3
    .forceSimulation(all)
    .force(
      "links",
      d3
        .forceLink(links)
        .distance(({ source, target }) => reach(source) + reach(target) + STREET)
        .strength(({ count }) => (cards.length ? 0.5 : (0.15 * count) / most)),
    )
    .force(
      "charge",
      d3.forceManyBody().strength((node) => (node.pill ? -300 : -2000)),
    )
    .force(
      "x",
      d3.forceX((node) => node.wish || 0).strength((node) => (node.pill ? 0 : 0.05)),
    )
    .force(
      "y",
      d3.forceY().strength((node) => (node.pill ? 0.01 : 0.05)),
    )
    .force("apart", apart(STREET))
    .stop();
  forces.tick(300);
  const last = apart(STREET);
  last.initialize(all);
  for (let round = 0; round < 400 && last(); round++);
  boxes.forEach((box, at) => Object.assign(box, { x: nodes[at].x * stretch - box.width / 2, y: nodes[at].y - box.height / 2 }));
  cards.forEach((card) => Object.assign(card.pill, { x: card.x * stretch - card.pill.width / 2, y: card.y - card.pill.height / 2 }));
}

// Boxes of accounts, Regions and VPCs, cards of connections where there is room for them, and what is around it all.
function layOut(shown) {
  const boxes = seen.accounts.map(accountBox).filter(({ regions }) => regions.length);
  const pills = shown.length <= MOST_PILLS ? shown.map(pillOf) : [];
  settle(boxes, pills, shown);
  const spots = new Map();
  for (const box of boxes)
    for (const region of box.regions)
      for (const card of region.cards) spots.set(card.vpc.key, { ...card, x: box.x + region.x + card.x, y: box.y + region.y + card.y });
  const around = [...boxes, ...pills];
  const edge = (side, of) => (around.length ? side(...around.map(of)) : 0);
  const bounds = {
    left: edge(Math.min, (box) => box.x),
    top: edge(Math.min, (box) => box.y),
    right: edge(Math.max, (box) => box.x + box.width),
    bottom: edge(Math.max, (box) => box.y + box.height),
  };
  return { boxes, pills: new Map(pills.map((pill) => [pill.found.key, pill])), spots, bounds };
}

function pillOf(found) {
  const lines = told(found).slice(1);
  return { found, lines, width: PILL.width, height: 14 + PILL.line * (1 + Math.min(lines.length, 4)) };
}
