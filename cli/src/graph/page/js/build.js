// Elements. Whatever stands in a tag or a rule goes through here, and comes out as text.

function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (key === "class") element.className = value;
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function link(item, small, from) {
  const button = make("button", { type: "button", class: "link", "data-key": item.key }, item.label, small && make("small", {}, small));
  button.addEventListener("click", () => {
    choose(item.key);
    goTo(item.key);
    openDetails(from || button);
  });
  return button;
}

function standing(found) {
  const { connection } = found;
  return make("span", { class: `standing is-${connection.standing}` }, `${STANDINGS[connection.standing].sign} ${stateOf(connection)}`);
}

const term = (name, ...values) => [make("dt", {}, name), make("dd", {}, ...values)];
