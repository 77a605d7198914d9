// The same as tables: for whoever does not see the map, or wants to read it from top to bottom.

const listsView = document.getElementById("lists-view");
const mapView = document.getElementById("map-view");

const row = (cells) => make("tr", {}, cells.map((cell) => make("td", {}, cell)));
const head = (names) => make("thead", {}, make("tr", {}, names.map((name) => make("th", { scope: "col" }, name))));

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
    [link(vpc), make("div", { class: "id" }, vpc.vpc.id)],
    accountLabel(vpc.account),
    vpc.region,
    vpc.vpc.cidrs.join(", "),
    String(vpc.connections.filter(isShown).length),
    vpc.vpc.status || "",
  ]);
}

// What a search found, where there is one, within what the filters let through.
const isListed = (item) => !state.found || state.found.has(item.key);

function showLists() {
  const shown = connections.filter((found) => isShown(found) && isListed(found));
  const places = vpcs.filter((vpc) => isVpcShown(vpc) && isListed(vpc));
  listsView.replaceChildren(
    make("table", {}, make("caption", {}, counted(shown.length, "connection", "connections")), head(["Connection", "State", "Rules", "Opened", "Made", "Reason"]), make("tbody", {}, shown.map(connectionRow))),
    make("table", {}, make("caption", {}, counted(places.length, "VPC", "VPCs")), head(["VPC", "Account", "Region", "Blocks", "Connections", "Status tag"]), make("tbody", {}, places.map(vpcRow))),
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
