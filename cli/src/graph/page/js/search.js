// Finds by words, all of which must be there, and by address.

const field = document.getElementById("search");
const list = document.getElementById("found");
const MOST_FOUND = 40;

const wordsIn = new Map();
for (const { key, label, account, region, vpc } of vpcs)
  wordsIn.set(key, [
    label,
    vpc.id,
    vpc.name,
    ...(vpc.aliases || []),
    accountLabel(account),
    region,
    ...vpc.cidrs,
    ...(vpc.asks || []),
    vpc.status,
  ]);
for (const { key, label, from, to, connection } of connections)
  wordsIn.set(key, [
    label,
    key,
    from.vpc.id,
    to.vpc.id,
    connection.state,
    connection.status,
    connection.standing,
    ...connection.rules,
    ...connection.openings,
    connection.reason,
    connection.asked_by,
  ]);
for (const [key, words] of wordsIn) wordsIn.set(key, words.filter(Boolean).join("\n").toLowerCase());

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const has = (item, word) =>
    wordsIn.get(item.key).includes(word) || (item.kind === "vpc" && item.vpc.cidrs.some((block) => holds(block, word)));
  // Living ones first.
  const over = (item) => item.kind === "connection" && standingOf(item) === "ended";
  const all = [...vpcs, ...connections.filter((found) => !over(found)), ...connections.filter(over)];
  const found = all.filter((item) => words.every((word) => has(item, word)));
  // Those that are called so come first.
  const isCalled = (item) => item.label.toLowerCase().includes(words[0]);
  return [...found.filter(isCalled), ...found.filter((item) => !isCalled(item))];
}

function smallOf(item) {
  if (item.kind === "vpc") return `VPC ${item.vpc.id} · ${item.vpc.cidrs.join(", ")} · ${accountLabel(item.account)} · ${item.region}`;
  return `${item.key} · ${told(item).slice(1, 3).join(" · ")}`;
}

function showFound() {
  const found = search(field.value);
  state.found = found && new Set(found.map(({ key }) => key));
  list.hidden = !found;
  const rest = found && found.length - MOST_FOUND;
  const items = (found || []).slice(0, MOST_FOUND).map((item) => make("li", {}, link(item, smallOf(item), field)));
  if (found && !found.length) items.push(make("li", {}, make("p", {}, "Nothing was found.")));
  if (rest > 0) items.push(make("li", {}, make("p", {}, `and ${rest} more: add a word`)));
  list.replaceChildren(...items);
  if (found) say(found.length ? `${found.length} found` : "Nothing was found");
  changed("search");
}

function closeFound() {
  list.hidden = true;
}

field.addEventListener("input", showFound);
field.addEventListener("focus", () => (list.hidden = !field.value.trim()));
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "Enter") {
    const first = list.querySelector("button");
    if (first && event.key === "Enter") first.click();
    else first?.focus();
    event.preventDefault();
  } else if (event.key === "Escape") {
    field.value = "";
    showFound();
  }
});
list.addEventListener("keydown", (event) => {
  const buttons = [...list.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (event.key === "ArrowDown") buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
  else if (event.key === "ArrowUp") (at > 0 ? buttons[at - 1] : field).focus();
  else if (event.key === "Escape") field.focus();
  else return;
  event.preventDefault();
});
list.addEventListener("click", closeFound);
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".search")) closeFound();
});
