// What a person has chosen to see. Whoever changes it calls `changed`, and whoever shows it is called then.

const state = {
  // Keys of what is chosen and pointed at.
  chosen: null,
  pointed: null,
  // Which values of each filter are wanted; an empty set lets everything through.
  wanted: { account: new Set(), region: new Set(), standing: new Set(), rule: new Set() },
  ended: false,
  // VPCs that have no connection and ask for none.
  unconnected: false,
  // Keys that a search found; none where nobody searches.
  found: null,
};

const VALUES = {
  account: ({ from, to }) => [from.account.id, to.account.id],
  region: ({ from, to }) => [from.region, to.region],
  standing: (found) => [standingOf(found)],
  rule: ({ connection }) => (connection.rules.length ? connection.rules : [""]),
};

const FILTERS = Object.keys(VALUES);

const isLiving = (found) => standingOf(found) !== "ended" || state.ended;
const passes = (filter, values) => !state.wanted[filter].size || values.some((value) => state.wanted[filter].has(value));

// The connections that are laid out, and those of them that the filters let through.
const living = () => connections.filter(isLiving);
const isShown = (found) => isLiving(found) && FILTERS.every((filter) => !narrows(filter) || passes(filter, VALUES[filter](found)));
const narrows = (filter) => state.wanted[filter].size > 0;

// The VPCs that are laid out: each account has some that nobody uses.
const isConnected = (vpc) => vpc.connections.some(isLiving) || (vpc.vpc.asks || []).length > 0;
const isPlaced = (vpc) => state.unconnected || isConnected(vpc);

// A VPC stays in sight by itself, or by one of its connections.
function isVpcShown(vpc) {
  if (!isPlaced(vpc)) return false;
  if (!passes("account", [vpc.account.id]) || !passes("region", [vpc.region])) return vpc.connections.some(isShown);
  return !(narrows("standing") || narrows("rule")) || vpc.connections.some(isShown);
}

const listeners = [];
const onChange = (listener) => listeners.push(listener);
const changed = (what) => listeners.forEach((listener) => listener(what));

function choose(key) {
  state.chosen = byKey.has(key) ? key : null;
  changed("chosen");
}

const say = (text) => (document.getElementById("said").textContent = text);
