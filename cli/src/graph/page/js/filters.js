// Which accounts, Regions, states and rules are shown. Where nothing is ticked, everything is.

const NAMES = { standing: "State", account: "Account", region: "Region", rule: "Rule" };
const panel = document.getElementById("filters");

function options(filter) {
  const counts = new Map();
  for (const found of living()) for (const value of new Set(VALUES[filter](found))) counts.set(value, (counts.get(value) || 0) + 1);
  if (filter === "account") for (const { id } of seen.accounts) counts.set(id, counts.get(id) || 0);
  if (filter === "region") for (const { region } of vpcs) counts.set(region, counts.get(region) || 0);
  const order = Object.keys(STANDINGS);
  const byOrder = ([one], [other]) => order.indexOf(one) - order.indexOf(other);
  const byCount = ([one, many], [other, more]) => more - many || one.localeCompare(other);
  return [...counts].sort(filter === "standing" ? byOrder : byCount);
}

function wordsOf(filter, value) {
  if (filter === "account") return accountLabel(seen.accounts.find(({ id }) => id === value) || { id: value });
  if (filter === "rule") return value || "no rule";
  return value;
}

function tick(filter, value, count) {
  const wanted = state.wanted[filter];
  const box = make("input", { type: "checkbox", value });
  box.checked = wanted.has(value);
  box.addEventListener("change", () => {
    if (box.checked) wanted.add(value);
    else wanted.delete(value);
    changed("filters");
    saySum();
  });
  const sign = filter === "standing" && make("b", { class: `is-${value}`, "aria-hidden": "true" }, STANDINGS[value].sign);
  return make(
    "label",
    { title: filter === "standing" ? STANDINGS[value].means : null },
    box,
    sign,
    make("span", {}, wordsOf(filter, value)),
    make("small", {}, String(count)),
  );
}

function group(filter) {
  const found = options(filter);
  if (!found.length) return null;
  return make(
    "fieldset",
    {},
    make("legend", {}, NAMES[filter]),
    make(
      "div",
      { role: "group", "aria-label": `${NAMES[filter]}: values` },
      found.map(([value, count]) => tick(filter, value, count)),
    ),
  );
}

function also(what, words, count) {
  if (!count && !state[what]) return null;
  const box = make("input", { type: "checkbox", id: what });
  box.checked = state[what];
  box.addEventListener("change", () => {
    showAlso(what, box.checked);
    document.getElementById(what).focus();
    saySum();
  });
  return make("label", {}, box, make("span", {}, words), make("small", {}, String(count)));
}

// What is there and not in front of everything else.
function alsoGroup() {
  const ended = connections.filter((found) => standingOf(found) === "ended").length;
  const unconnected = vpcs.filter((vpc) => !isConnected(vpc)).length;
  const found = [also("ended", "Ended connections", ended), also("unconnected", "VPCs without a connection", unconnected)].filter(Boolean);
  return found.length ? make("fieldset", {}, make("legend", {}, "Show also"), found) : null;
}

function showAlso(what, wanted) {
  state[what] = wanted;
  layAgain();
  changed("also");
}

function warning() {
  const unread = seen.unread || [];
  if (!unread.length) return null;
  return make(
    "details",
    { class: "warning" },
    make("summary", {}, `${counted(unread.length, "thing", "things")} could not be read`),
    make(
      "ul",
      {},
      unread.map(({ what, why }) => make("li", {}, make("b", {}, what), ` ${why}`)),
    ),
  );
}

function showFilters() {
  const all = make("button", { type: "button", id: "all" }, "Show everything");
  all.addEventListener("click", () => {
    for (const wanted of Object.values(state.wanted)) wanted.clear();
    changed("filters");
    showFilters();
    document.getElementById("all").focus();
    saySum();
  });
  panel.replaceChildren(...[warning(), alsoGroup(), ...Object.keys(NAMES).map(group), all].filter(Boolean));
}

const saySum = () =>
  say(
    `${counted(connections.filter(isShown).length, "connection", "connections")} and ${counted(vpcs.filter(isVpcShown).length, "VPC", "VPCs")} are shown`,
  );

function summarize() {
  const counts = Object.keys(STANDINGS).map((word) => [word, connections.filter((found) => standingOf(found) === word).length]);
  const words = counts.filter(([, count]) => count).map(([word, count]) => `${count} ${word}`);
  const sizes = `${counted(vpcs.length, "VPC", "VPCs")} in ${counted(seen.accounts.length, "account", "accounts")}, ${counted(connections.length, "connection", "connections")}`;
  document.getElementById("summary").textContent = `${sizes}${words.length ? `: ${words.join(", ")}` : ""} · as of ${seen.at}`;
}
