// The same as tables: for whoever does not see the map, or wants to read it from top to bottom.

const listsView = document.getElementById("lists-view");
const mapView = document.getElementById("map-view");

const row = (cells) =>
  make(
    "tr",
    {},
    cells.map((cell) => make("td", {}, cell)),
  );
const head = (names) =>
  make(
    "thead",
    {},
    make(
      "tr",
      {},
      names.map((name) => make("th", { scope: "col" }, name)),
    ),
  );

function connectionRow(found) {
  const { connection } = found;
  return row([
    [link(found), make("div", { class: "id" }, connection.id)],
    standing(found),
    connection.rules.join(", "),
    connection.openings.join(", "),
    madeOf(connection),
    connection.reason || "",
  ]);
}

function vpcRow(vpc) {
  return row([
    [link(vpc), ...idBeside(vpc).map((id) => make("div", { class: "id" }, id))],
    accountLabel(vpc.account),
    vpc.region,
    vpc.vpc.cidrs.join(", "),
    String(vpc.connections.filter(isShown).length),
    vpc.vpc.status || "",
  ]);
}

// What a search found, where there is one, within what the filters let through.
const isListed = (item) => !state.found || state.found.has(item.key);

// Some rows at once, and the rest while they are read already: thousands take a second.
const ROWS = 150;
let filling = 0;

function fill(body, items, rowOf, turn, from = 0) {
  if (turn !== filling) return;
  body.append(...items.slice(from, from + ROWS).map(rowOf));
  if (from + ROWS < items.length) setTimeout(fill, 0, body, items, rowOf, turn, from + ROWS);
}

function table(words, names, items, rowOf) {
  const body = make("tbody");
  fill(body, items, rowOf, filling);
  return make("table", {}, make("caption", {}, words), head(names), body);
}

function showLists() {
  filling += 1;
  const shown = connections.filter((found) => isShown(found) && isListed(found));
  const places = vpcs.filter((vpc) => isVpcShown(vpc) && isListed(vpc));
  listsView.replaceChildren(
    table(
      counted(shown.length, "connection", "connections"),
      ["Connection", "State", "Rules", "Opened", "Made", "Reason"],
      shown,
      connectionRow,
    ),
    table(counted(places.length, "VPC", "VPCs"), ["VPC", "Account", "Region", "Blocks", "Connections", "Status tag"], places, vpcRow),
  );
}

function showAs(asLists) {
  mapView.hidden = asLists;
  listsView.hidden = !asLists;
  document.getElementById("show-map").setAttribute("aria-pressed", String(!asLists));
  document.getElementById("show-lists").setAttribute("aria-pressed", String(asLists));
  if (asLists) showLists();
  else redraw();
}

document.getElementById("show-map").addEventListener("click", () => showAs(false));
document.getElementById("show-lists").addEventListener("click", () => showAs(true));
