// What was seen, with each VPC and connection at hand.

const seen = JSON.parse(document.getElementById("data").textContent);

// How a connection stands, with a sign for those who don't tell colours apart, and what it means.
const STANDINGS = {
  working: { sign: "●", means: "all that is wanted is there" },
  limited: { sign: "◐", means: "it works, and something is to be known about it" },
  waiting: { sign: "◌", means: "it is on its way" },
  held: { sign: "‖", means: "the request waits for a rule or a person" },
  blocked: { sign: "✕", means: "a person has to look at it" },
  isolated: { sign: "⊘", means: "it stands, and carries nothing of ours" },
  unmanaged: { sign: "○", means: "it stands, and the ledger does not know it" },
  unknown: { sign: "?", means: "its places could not be read" },
  ended: { sign: "×", means: "it is over" },
};

const keyOf = (account, region, vpc) => `${account}/${region}/${vpc}`;
const counted = (count, one, many) => `${count} ${count === 1 ? one : many}`;

const vpcs = [];
for (const account of seen.accounts)
  for (const region of account.regions)
    for (const vpc of region.vpcs)
      vpcs.push({
        kind: "vpc",
        key: keyOf(account.id, region.name, vpc.id),
        label: (vpc.aliases || [])[0] || vpc.name || vpc.id,
        account,
        region: region.name,
        vpc,
        connections: [],
      });
const vpcByKey = new Map(vpcs.map((vpc) => [vpc.key, vpc]));

const connections = seen.connections.flatMap((connection) => {
  const end = ({ account, region, vpc }) => vpcByKey.get(keyOf(account, region, vpc));
  const [from, to] = [end(connection.requester), end(connection.accepter)];
  if (!from || !to) return [];
  const found = { kind: "connection", key: connection.id, label: `${from.label} → ${to.label}`, from, to, connection };
  from.connections.push(found);
  if (to !== from) to.connections.push(found);
  return [found];
});
const byKey = new Map([...vpcByKey, ...connections.map((found) => [found.key, found])]);
const ruleById = new Map((seen.rules || []).map((rule) => [rule.id, rule.text]));

// Its id, where it is called something else.
const idBeside = ({ label, vpc }) => (label === vpc.id ? [] : [vpc.id]);
const accountLabel = (account) => (account.name ? `${account.name} (${account.id})` : account.id);
const standingOf = (found) => found.connection.standing;
const endsOf = (connection) => [connection.requester, connection.accepter];
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const routesOf = (end) => sum(end.tables.map((table) => table.routes.length));

// A line about a connection: what its card, its tip and a reader of the screen get.
function portsOf({ openings }) {
  if (!openings.length) return "";
  return openings.length > 2 ? `${openings.slice(0, 2).join(", ")} and ${openings.length - 2} more` : openings.join(", ");
}

function madeOf(connection) {
  const routes = sum(endsOf(connection).map(routesOf));
  const tables = sum(endsOf(connection).map((end) => end.tables.length));
  const rules = sum(endsOf(connection).map((end) => end.group_rules.length));
  return `${counted(routes, "route", "routes")} in ${counted(tables, "table", "tables")}, ${counted(rules, "group rule", "group rules")}`;
}

// The same words in every format.
function stateOf(connection) {
  const word = connection.status && connection.status !== connection.standing ? ` (${connection.status})` : "";
  return `${connection.standing}${word}`;
}

function told(found) {
  const { connection } = found;
  const lines = [found.label, stateOf(connection), (connection.rules || []).join(", "), portsOf(connection), connection.reason];
  return lines.filter(Boolean);
}
