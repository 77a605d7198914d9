// All that is known of what was chosen.

const aside = document.getElementById("details");
let cameFrom = null;

const heading = (text) => make("h3", {}, text);
const lines = (items) =>
  make(
    "ul",
    { class: "lines" },
    items.map((item) => make("li", {}, item)),
  );
const code = (text) => make("code", {}, text);

function vpcParts(item) {
  const { account, region, vpc, connections: all } = item;
  const shown = all.filter((found) => standingOf(found) !== "ended");
  const over = all.filter((found) => standingOf(found) === "ended");
  return [
    make(
      "dl",
      {},
      term("VPC", code(vpc.id)),
      term("Account", accountLabel(account)),
      term("Region", region),
      vpc.aliases?.length ? term("Aliases", vpc.aliases.join(", ")) : [],
      vpc.name ? term("Name", vpc.name) : [],
      vpc.status ? term("Status tag", vpc.status) : [],
      vpc.asks?.length ? term("Asks for", vpc.asks.join(", ")) : [],
      vpc.seen ? [] : term("Seen", "no: only connections tell of it"),
    ),
    heading("Blocks"),
    vpc.cidrs.length ? lines(vpc.cidrs.map(code)) : make("p", {}, "Unknown."),
    heading(counted(shown.length, "connection", "connections")),
    ...shown.map((found) => connectionLine(found, item)),
    ...(over.length ? [heading(`${over.length} ended`), ...over.map((found) => connectionLine(found, item))] : []),
  ];
}

function connectionLine(found, of) {
  const other = found.from === of ? `to ${found.to.label}` : `from ${found.from.label}`;
  const button = link(
    { ...found, label: other },
    [found.connection.rules.join(", "), portsOf(found.connection), found.connection.reason].filter(Boolean).join(" · "),
  );
  button.prepend(standing(found), " ");
  return button;
}

function sidePart(found, end, vpc, word) {
  const tables = end.tables.map((table) => {
    const name = `${table.id}${table.name ? ` (${table.name})` : ""}${table.main ? ", main" : ""}`;
    const routes = table.routes.map((route) =>
      make("li", {}, code(route.destination), route.blackhole ? " leads nowhere" : "", route.ours ? "" : " not made by Peerwright"),
    );
    return make("li", {}, code(name), `: ${counted(table.routes.length, "route", "routes")}`, make("ul", {}, routes));
  });
  const rules = end.group_rules.map((rule) =>
    make(
      "li",
      {},
      `${rule.direction} ${rule.traffic} ${rule.direction === "ingress" ? "from" : "to"} `,
      code(rule.peer),
      " in ",
      code(rule.group),
      rule.name ? ` (${rule.name})` : "",
    ),
  );
  const dns = end.dns === undefined || end.dns === null ? "unknown" : end.dns ? "on" : "off";
  return [
    heading(`${word}: ${vpc.label}`),
    link(vpc, [...idBeside(vpc), accountLabel(vpc.account), vpc.region].join(" · ")),
    end.unread ? make("p", {}, "Its place could not be read: what follows is not known.") : null,
    make("dl", {}, term("Blocks", vpc.vpc.cidrs.join(", ") || "unknown"), term("DNS resolution", dns)),
    tables.length ? make("ul", { class: "lines" }, tables) : make("p", {}, "No route over it."),
    rules.length ? make("ul", { class: "lines" }, rules) : make("p", {}, "No rule of a security group."),
  ];
}

function rulePart(id) {
  const text = ruleById.get(id);
  return [
    heading(`Rule ${id}`),
    text ? make("pre", { tabindex: 0, role: "region", "aria-label": `Rule ${id}` }, text) : make("p", {}, "Not in the allowlist."),
  ];
}

function connectionParts(found) {
  const { connection, from, to } = found;
  const history = connection.history || [];
  return [
    make(
      "dl",
      {},
      term("Connection", code(connection.id)),
      term("State", standing(found)),
      term("In EC2", connection.state),
      term("In the ledger", connection.status || "not there"),
      connection.since ? term("Since", connection.since) : [],
      connection.asked_by ? term("Asked by", connection.asked_by) : [],
      term("Asked", `${from.label} asked ${to.label}`),
      connection.openings.length ? term("Opened", connection.openings.join(", ")) : [],
      term("Made", madeOf(connection)),
    ),
    connection.reason ? make("p", { class: `reason is-${connection.standing}` }, make("span", {}, connection.reason)) : null,
    ...sidePart(found, connection.requester, from, "Requester"),
    ...sidePart(found, connection.accepter, to, "Accepter"),
    ...connection.rules.flatMap(rulePart),
    ...(history.length
      ? [
          heading("History"),
          lines(
            history
              .map(({ at, what, details }) => [at, " ", make("b", {}, what), details?.length ? make("div", {}, details.join("; ")) : null])
              .map((parts) => make("div", {}, ...parts)),
          ),
        ]
      : []),
  ];
}

function showDetails() {
  const item = state.chosen && byKey.get(state.chosen);
  aside.hidden = !item;
  if (!item) return;
  const close = make("button", { type: "button", class: "close", "aria-label": "Close details", on: { click: closeDetails } }, "×");
  const title = make("h2", { id: "details-title", tabindex: -1 }, item.label);
  aside.replaceChildren(close, title, ...(item.kind === "vpc" ? vpcParts(item) : connectionParts(item)).flat().filter(Boolean));
  aside.scrollTop = 0;
}

// The focus goes there, and back to where it came from.
function openDetails(from) {
  if (!aside.contains(from)) cameFrom = from;
  document.getElementById("details-title")?.focus();
}

function closeDetails() {
  choose(null);
  const back =
    cameFrom && cameFrom.isConnected && cameFrom.offsetParent
      ? cameFrom
      : canvas.offsetParent
        ? canvas
        : document.getElementById("show-lists");
  cameFrom = null;
  back.focus();
}

aside.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDetails();
});
